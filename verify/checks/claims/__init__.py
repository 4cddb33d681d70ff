"""What the code says its gradients are, entry by entry, against the exact derivative."""
