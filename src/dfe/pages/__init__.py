"""The parts that all pages share: environment, shell, escape, numbers in words, charts; one offline HTML file a page.

A page is made of three things in its own room: ``templates/name.html.jinja``, which extends ``pages/shell.html.jinja``
and names its style sheets and scripts; these in ``static/``; and a function that works out what the template shows and
calls :func:`dfe.pages.page.render`. Words stand in the template, arithmetic in Python, charts are SVG text made here.
"""
