"""Repair: edits of a wrong backward pass under which every gradient of the case is proved."""
