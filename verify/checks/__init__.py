"""What is asked of a case, from its gradients at the sample to its floats."""
