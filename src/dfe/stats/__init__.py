"""Statistics: arrays in, numbers out; nothing here knows of recordings or displays."""
