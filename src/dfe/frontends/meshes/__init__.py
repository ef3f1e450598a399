"""Moving faces as meshes of one topology or as points: files in, a learned expression space's coefficients out."""
