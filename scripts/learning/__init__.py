"""How the package's own assets are learned from data; nothing here is needed to use the package."""
