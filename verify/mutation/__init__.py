"""Planted errors: one realistic mistake at a time, and whether the case catches it."""
