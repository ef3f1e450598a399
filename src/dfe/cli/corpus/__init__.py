"""`dfe corpus`: one module a part."""
