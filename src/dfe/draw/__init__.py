"""Drawing of faces: rasteriser, colours, pictures of templates, glTF; numpy alone."""
