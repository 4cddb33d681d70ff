"""What stands in user code for Python's own and NumPy's types in a traced run, and where that code keeps floats."""
