"""What is checked: cases, the protocols that make them, expressions, the shapes of their inputs."""
