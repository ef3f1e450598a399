"""From media to recordings: what `dfe encode` and :func:`dfe.encode` run."""
