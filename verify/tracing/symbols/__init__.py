"""Single symbols: what a run computes with in the place of a float, and what is recorded of it."""
