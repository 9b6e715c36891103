"""A page taken apart."""

from html.parser import HTMLParser

VOID = {"br", "col", "hr", "img", "input", "link", "meta"}
INLINE = {"a", "code", "i", "span", "strong"}


class Page(HTMLParser):
    """A page taken apart; refuses one whose tags do not nest.

    Attributes
    ----------
    elements : list of (tag, attributes)
    rows : list of list of str
        Texts of the cells of every table's rows.
    text : str
        All of the text, its white space made one.
    """

    def __init__(self, html):
        super().__init__()
        self.elements, self.rows, self._open, self._texts = [], [], [], []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {self._open}"
        self.rows = [[" ".join("".join(cell).split()) for cell in row] for row in self.rows]
        self.text = " ".join("".join(self._texts).split())

    def handle_starttag(self, tag, attrs):
        """Open an element."""
        self.handle_startendtag(tag, attrs)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append([])
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note an element, and part what stands before it from what follows."""
        self.elements.append((tag, dict(attrs)))
        if tag not in INLINE:
            self.handle_data(" ")

    def handle_endtag(self, tag):
        """Close the element that was opened last, which must be this one."""
        opened = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}> on line {self.getpos()[0]}"
        if tag not in INLINE:
            self._texts.append(" ")

    def handle_data(self, data):
        """Note text that people see."""
        if self._open and self._open[-1] in {"style", "title"}:
            return
        self._texts.append(data)
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1].append(data)

    def all(self, name):
        """Every value of an attribute."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    def row(self, first):
        """The one row whose first cell begins with `first`."""
        (found,) = (row for row in self.rows if row and row[0].startswith(first))
        return found
