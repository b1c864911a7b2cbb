"""Chinese search without extensions: a GIN index over the name's single characters and pairs."""


def grams(text: str) -> list[str]:
    """Characters and neighbouring pairs of `text`, lower case, blanks dropped, each once."""
    squeezed = "".join(text.lower().split())
    pairs = [squeezed[i : i + 2] for i in range(len(squeezed) - 1)]
    return sorted({*squeezed, *pairs})


def wanted_grams(query: str) -> list[str]:
    """What a name must have to contain `query` (a name may still lack it: check again)."""
    squeezed = "".join(query.lower().split())
    if len(squeezed) < 2:
        return list(squeezed)
    return sorted({squeezed[i : i + 2] for i in range(len(squeezed) - 1)})
