"""What no run varies and may change a result: what code reads, counts or tells symbols by, and signs left untried."""
