"""Gradients inside frameworks, as cases: each adapter is an extra, and nobody else imports its framework."""
