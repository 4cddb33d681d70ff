"""What a formula is: a graph of operations, how it is read, its SymPy form, its derivatives."""
