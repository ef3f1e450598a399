"""The camera live: frames from the page, displays and the drawn head back, recordings as of `dfe encode`."""
