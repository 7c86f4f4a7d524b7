"""Numbers and tables as people read them, on a screen and in a notebook."""
