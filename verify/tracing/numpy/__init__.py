"""What answers for NumPy's functions on symbols."""
