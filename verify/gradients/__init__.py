"""What user code returned against the exact derivative of what it computed."""
