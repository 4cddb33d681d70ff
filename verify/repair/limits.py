"""How many edits of a kind are tried of a case, which whoever searches for them says without the engine."""

MOST = 4_000  # in one place: what a budget of half a minute is enough for
FIRST = 96  # of these, which are enough for most mistakes, and made in a few hundredths of a second
MOST_ALIKE = 1_500  # of the same edit in several places
MOST_PAIRS = 4_000
