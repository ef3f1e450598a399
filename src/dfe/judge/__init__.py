"""The measures by which codings of the face are judged, one file a measure; never torch."""
