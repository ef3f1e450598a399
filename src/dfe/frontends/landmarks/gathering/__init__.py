"""Faces of all workers of a machine, gathered into batches for one device (docs/decisions/0017)."""
