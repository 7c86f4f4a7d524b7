"""Results, series and checkpoints in HDF5 files."""
