"""A computation on whole arrays: the tape of a run, and the ways to read it."""
