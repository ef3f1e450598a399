"""Graded displays, found all at once by a non-negative lasso."""
