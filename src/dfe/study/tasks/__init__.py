"""Data sets that studies know, one file each, imported when they are asked for."""
