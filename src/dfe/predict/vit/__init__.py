"""Vision transformers of still pictures, as a user's Hugging Face folder holds them."""
