"""What answers for SciPy's functions on symbols: these modules import nothing of SciPy."""
