from made_tokenizers import faces, make_tokenizer, space, tokenizer  # noqa: F401
