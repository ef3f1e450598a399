"""Experiments of many trainings: what each part of a tokenizer brings."""
