"""Arrays of symbols: real, complex and sparse ones, and what NumPy would answer of their shape and type."""
