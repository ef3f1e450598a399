"""Recordings as moving heads: MP4 and glTF."""
