"""Pages for people: one offline HTML file each, made from plain data."""
