"""Other codings of expression vectors, behind the tokenizer's protocol: what a tokenizer is compared with."""
