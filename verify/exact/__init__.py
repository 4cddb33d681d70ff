"""The exact gradient as NumPy code: forward recorded array by array, the reverse sweep written as source, and proved.

Nothing in this folder is trusted: what it writes is checked as any backward of a user's is, before anybody sees it.
"""
