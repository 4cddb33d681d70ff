"""Formulas as a graph, and whether two of them are one function."""
