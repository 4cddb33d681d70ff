"""Operations of PyTensor with gradients of their own: graphs that PyTensor builds, run on arrays of symbols."""
