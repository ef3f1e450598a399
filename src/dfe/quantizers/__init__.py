"""Quantisers, one folder each: how an expression becomes a few displays, and back."""
