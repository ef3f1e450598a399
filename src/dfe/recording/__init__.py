"""The table of a recording: one row per frame and face, with its provenance, in one Parquet or CSV file."""
