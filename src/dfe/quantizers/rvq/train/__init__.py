"""Training of the residual quantiser in torch: the same parts as in numpy, as modules."""
