"""Training of the sparse quantiser in torch: its codebook and ladder; the search is the one in use."""
