"""`dfe study`: what faces tell of stress, personality, depression, or of labels of your own."""
