"""What is checked: cases, the protocols that make them, the shapes of their inputs."""
