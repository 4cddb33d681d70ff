"""Hand-written gradients found in source that has no cases: read with `ast`, set up on floats, written as cases."""
