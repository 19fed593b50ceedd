"""The forms on a page, filled in and sent as a browser does: with every hidden field that the page gave them."""

from html.parser import HTMLParser
from typing import Any

from tests.web.conftest import Page, Visitor

# Elements that no end tag closes.
VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})


class _Forms(HTMLParser):
    """Collects for each form its address and what its fields hold, and the addresses of those that people see."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.shown: set[str] = set()
        # What is open at this point, and whether it is hidden.
        self._around: list[tuple[str, bool]] = []
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self._around.append((tag, "hidden" in found))
        if tag == "form" and not any(hidden for _, hidden in self._around):
            self.shown.add(found.get("action") or "")
        name, value = found.get("name"), found.get("value") or ""
        if tag == "form":
            self.forms.append((found.get("action") or "", {}))
        elif tag == "select":
            self._select = name
        elif tag == "option":
            if self._select is not None and (self._select not in self._fields or "selected" in found):
                self._fields[self._select] = value
        elif name is None or not self.forms:
            return
        elif tag == "textarea":
            self._textarea, self._fields[name] = name, ""
        elif tag == "input" and (found.get("type") not in {"radio", "checkbox"} or "checked" in found):
            self._fields[name] = value

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._around and self._around.pop()[0] != tag:
            continue
        if tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None

    @property
    def _fields(self) -> dict[str, str]:
        return self.forms[-1][1]


def forms_to(page: Page, address: str) -> list[dict[str, str]]:
    """Return what stands in the fields of the forms on a page that lead to an address."""
    reader = _Forms()
    reader.feed(page.html)
    return [fields for action, fields in reader.forms if action == address]


def is_offered(page: Page, address: str) -> bool:
    """Whether a form that leads to an address stands on a page where people see it."""
    reader = _Forms()
    reader.feed(page.html)
    return address in reader.shown


def send(visitor: Visitor, page: Page, address: str, **typed: Any) -> Page:
    """Fill in the first form on a page that leads to an address, and send it."""
    found = forms_to(page, address)
    assert found, f"{address} is not on the page: {page.text}"
    return visitor.post(address, **{**found[0], **typed})
