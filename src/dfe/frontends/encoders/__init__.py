"""DECA, EMOCA and SMIRK: FLAME coefficients from pictures, by networks whose weights the user brings."""
