"""Tokenizers: the user's object, its file and its page in a notebook; what codes faces are the quantisers."""
