"""Which cases are meant: targets, files, modules, names."""
