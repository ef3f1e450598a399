"""Reads a page's source: every element closed, no address outside the page, no handler in an attribute."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "input", "wbr", "path"}


class Checker(HTMLParser):
    """Collects text, addresses, ids, and elements that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.addresses, self.faults, self.words = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "srcset", "action", "data"):
                self.addresses.append(value)
            if name.startswith("on"):
                self.faults.append(f"{tag} {name}")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)


def checked(page):
    checker = Checker()
    checker.feed(page)
    assert not checker.faults
    assert not checker.open
    assert len(set(checker.ids)) == len(checker.ids)
    for address in checker.addresses:
        assert address.startswith(("data:", "#", "./")), address
    return " ".join(" ".join(checker.words).split())
