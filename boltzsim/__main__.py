"""`python -m boltzsim`, the same as the command `boltzsim`."""

from boltzsim.cli import main

if __name__ == "__main__":
    main()
