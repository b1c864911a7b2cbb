"""Looks through XML from a stranger before any tree is built of it (rules.md section 4).

Expat reads it as a stream: nothing is kept, entities are never expanded, and it ends at the first
thing that is too much. What passes is small, shallow and has no document type.
"""

from xml.parsers import expat

MOST_ELEMENTS = 10_000
MOST_DEPTH = 64
MOST_ATTRIBUTES = 64


class XmlRefusedError(Exception):
    """Says in one word what was wrong, and nothing of the content."""


def check_xml(
    content: bytes, *, most_elements: int = MOST_ELEMENTS, most_depth: int = MOST_DEPTH
) -> None:
    """Return for well-formed XML within the limits. XmlRefusedError."""
    elements = depth = 0

    def begin(_: str, attributes: list[str]) -> None:
        nonlocal elements, depth
        elements += 1
        depth += 1
        if elements > most_elements:
            raise XmlRefusedError("too_many_elements")
        if depth > most_depth:
            raise XmlRefusedError("too_deep")
        if len(attributes) > 2 * MOST_ATTRIBUTES:
            raise XmlRefusedError("too_many_attributes")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def document_type(*_: object) -> None:
        raise XmlRefusedError("document_type")

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = document_type
    parser.EntityDeclHandler = document_type
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError):
        raise XmlRefusedError("not_well_formed") from None
