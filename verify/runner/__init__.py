"""User code at arm's length."""
