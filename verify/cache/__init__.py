"""Cases that were decided before, from sources that have not changed and do nothing but compute."""
