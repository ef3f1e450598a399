"""Tokenizers: expression vectors to discrete codes and back, in numpy (torch only in the training classes)."""

from __future__ import annotations

from dfe.tokenizer.config import EncoderConfig, TokenizerConfig
from dfe.tokenizer.file import load_tokenizer, save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

__all__ = ["EncoderConfig", "Tokenizer", "TokenizerConfig", "load_tokenizer", "save_tokenizer"]
