"""Results, series and checkpoints in HDF5 files."""

import boltzsim.store.tables  # noqa: F401  (gives results and series their methods `to_xarray` and `to_dataframe`)
