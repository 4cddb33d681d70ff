"""Functions that NumPy does not hand over to arrays of symbols: compiled ones, and sources that run as they are."""
