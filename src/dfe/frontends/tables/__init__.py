"""Tables of other tools, one module a tool, each giving :class:`~dfe.recording.measured.Measured` rows."""
