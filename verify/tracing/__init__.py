"""User code on symbols: what it computes, and for which inputs."""
