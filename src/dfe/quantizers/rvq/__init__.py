"""Residual vector quantisation with one shared codebook: encoder, quantiser, decoder, search."""
