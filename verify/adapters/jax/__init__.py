"""Functions of JAX with derivative rules of their own: their jaxprs are interpreted on arrays of symbols."""
