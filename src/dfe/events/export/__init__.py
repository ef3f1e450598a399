"""Events in the file formats of other tools; one module a format."""
