"""The functions of `import boltzsim` that join several rooms; the command line is a thin layer over them."""
