"""Events and speech in the file formats of other tools, read and written; one module a format."""
