"""Failures that are accepted, and what changed since."""
