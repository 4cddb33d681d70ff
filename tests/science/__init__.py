"""Derivatives in the manner of scientific packages, by field; each with small edits that make it wrong."""
