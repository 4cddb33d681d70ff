"""Random programs on arrays, written from NumPy's own lists of functions: the same lines on floats and on symbols.

A function that NumPy or the tracer gets later is in the lists already, and is called with the arguments that its
signature has. What an argument may be is looked up by its name.
"""
