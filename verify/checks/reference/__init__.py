"""Cases of scalars that come with the expression they are to compute."""
