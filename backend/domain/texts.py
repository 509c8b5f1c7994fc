"""Folding of text for search and uniqueness, and the checks every written text passes."""

import unicodedata


def fold(value: str) -> str:
    """The form in which texts are compared: NFKC, case folded, ё as е, blanks collapsed."""
    folded = unicodedata.normalize("NFKC", value).casefold().replace("ё", "е")
    return " ".join(folded.split())


def like(value: str) -> str:
    """A folded text as a LIKE pattern (escape `\\`) that finds it anywhere."""
    escaped = fold(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
