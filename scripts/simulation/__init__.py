"""Simulated studies of groups of people, filmed by simulated cameras: what a comparison of groups should find."""
