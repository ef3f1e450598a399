"""Action units: a proxy made from expression coefficients, and tables of real detectors."""
