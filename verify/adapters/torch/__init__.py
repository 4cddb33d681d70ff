"""PyTorch: a `torch.autograd.Function` as a case, whose forward and backward PyTorch's own engine runs on symbols."""
