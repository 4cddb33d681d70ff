"""The floats that a layer computes, against the true values."""
