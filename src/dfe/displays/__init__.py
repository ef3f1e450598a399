"""What a coding says of a face: which displays, in which words, on which side, and what people call them."""
