"""Ways to describe recordings by numbers, all for the same folds: tokens, action units, coefficients, words, others."""
