"""Cases within a test suite: the assertion, and pytest's items."""
