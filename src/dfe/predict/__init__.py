"""Prediction of labels from recordings: representations, nested folds, permutation, one report."""
