"""XML from strangers: parsed without entities, which can grow without bound, and found by local names."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from sgbench.errors import SgbenchError


def parsed(source: str | bytes) -> Element:
    """Parse XML.

    Raises:
        SgbenchError: it declares a document type or entities, which no instrument does.
        ParseError: it is damaged.
    """
    marks = ("<!DOCTYPE", "<!ENTITY") if isinstance(source, str) else (b"<!DOCTYPE", b"<!ENTITY")
    # In UTF-16 no mark would be found.
    if isinstance(source, bytes) and b"\0" in source[:200]:
        raise SgbenchError("holds XML that is not in UTF-8")
    if any(mark in source for mark in marks):
        raise SgbenchError("holds XML with a document type or entities, which is not read")
    root = ElementTree.fromstring(_without_declaration(source) if isinstance(source, str) else source)
    for element in root.iter():
        # Names of other versions of a format differ by their namespace alone.
        element.tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    return root


def _without_declaration(text: str) -> str:
    """Leave out the encoding that a text had, which is decoded already."""
    text = text.lstrip("\ufeff \t\r\n")
    return text.partition("?>")[2] if text.startswith("<?xml") else text


def value_of(element: Element | None, name: str) -> float | None:
    """Return the number that an element inside says, as text or attribute Value; None where there is none above 0."""
    inner = None if element is None else element.find(f".//{name}")
    words = "" if inner is None else (inner.get("Value") or inner.text or "").strip()
    number = float(words) if words else 0.0
    return number if number > 0 else None


def text_of(element: Element, name: str) -> str:
    """Return what an element inside says, as text or attribute Value, or ""."""
    inner = element.find(f".//{name}")
    return "" if inner is None else (inner.get("Value") or inner.text or "").strip()


def numbers(element: Element | None) -> np.ndarray:
    """Return the numbers in the text of an element, (n,)."""
    return np.array((element.text or "").split() if element is not None else [], float)
