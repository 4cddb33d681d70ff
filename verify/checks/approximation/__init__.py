"""Approximations on purpose: series near removable singularities, limits far out, and small constants."""
