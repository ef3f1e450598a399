"""Vision transformers of still pictures: those of a user's Hugging Face folder, and a small one trained here."""
