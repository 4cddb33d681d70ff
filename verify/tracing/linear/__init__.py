"""Linear algebra on symbols: by the rational functions that solutions are, and by what defines a factor."""
