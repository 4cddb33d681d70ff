"""Every gradient at the sample and at other sizes: run on symbols, derive, decide."""
