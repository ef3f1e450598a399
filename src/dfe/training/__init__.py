"""Training of tokenizers; needs torch, but for its configuration and its reading of tables."""
