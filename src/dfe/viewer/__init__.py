"""Local pages beside the video: a recording's displays over time, and the camera live."""
