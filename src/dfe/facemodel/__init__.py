"""A morphable model of faces on the 468-point mesh: who a face is, how it is turned, and what it does, in mm."""
