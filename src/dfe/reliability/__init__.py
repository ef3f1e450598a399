"""How well a person's rates hold: within a session, and on another day."""
