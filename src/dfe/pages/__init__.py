"""The parts that all pages share: shell, charts, SVG; one offline HTML file a page."""
