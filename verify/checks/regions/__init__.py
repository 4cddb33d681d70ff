"""Every region of a layer, and where they meet."""
