"""Groups of people and conditions within people, compared display by display, the subject as the unit."""
