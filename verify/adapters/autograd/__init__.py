"""Primitives of autograd with derivative rules of their own, run on arrays of symbols by autograd's own engine."""
