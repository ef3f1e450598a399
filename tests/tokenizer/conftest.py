from __future__ import annotations

from made_tokenizers import faces, make_tokenizer, space, tokenizer

__all__ = ["faces", "make_tokenizer", "space", "tokenizer"]
