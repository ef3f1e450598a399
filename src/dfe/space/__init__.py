"""Spaces of facial expressions: what coefficients mean on a face, in millimetres, and how that looks."""
