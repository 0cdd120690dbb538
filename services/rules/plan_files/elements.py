"""An XML document as plain values: what a parser hands to the rules, which use the standard library alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Element:
    """One element: its local name, the line it begins on, its own text, and what it holds."""

    name: str
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        """The first element of that name right below."""
        return next((each for each in self.children if each.name == name), None)

    def all(self, name: str) -> Iterator["Element"]:
        """The elements of that name right below."""
        return (each for each in self.children if each.name == name)

    def said(self, name: str) -> str:
        """The trimmed text of the first child of that name; empty where there is none."""
        found = self.child(name)
        return "" if found is None else found.text.strip()
