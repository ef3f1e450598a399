"""What each token means: in words, in numbers and in pictures."""
