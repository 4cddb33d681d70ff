"""Are two nodes of the graph one function?"""
