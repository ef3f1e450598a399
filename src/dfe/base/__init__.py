"""What every room stands on: types, errors, files written whole, and safe readers of foreign files."""
