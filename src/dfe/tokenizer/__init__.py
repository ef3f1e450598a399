"""Tokenizers: expression vectors to discrete codes and back, in numpy (torch only in the training classes)."""
