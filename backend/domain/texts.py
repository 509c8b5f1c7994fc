"""Folding of text for search and uniqueness, and the checks every written text passes."""

import unicodedata
from typing import Any

from msgspec import UNSET, Struct


def fold(value: str) -> str:
    """The form in which texts are compared: NFKC, case folded, ё as е, blanks collapsed."""
    folded = unicodedata.normalize("NFKC", value).casefold().replace("ё", "е")
    return " ".join(folded.split())


def like(value: str) -> str:
    """A folded text as a LIKE pattern (escape `\\`) that finds it anywhere."""
    escaped = fold(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def given(fields: Struct) -> dict[str, Any]:
    """What was sent of a struct of optional fields, texts trimmed; a blank text is none."""
    values = {name: getattr(fields, name) for name in fields.__struct_fields__}
    return {
        name: value.strip() or None if isinstance(value, str) else value
        for name, value in values.items()
        if value is not UNSET
    }
