"""From tokens to studies: bags of tokens, prediction with honest splits, comparison of groups."""
