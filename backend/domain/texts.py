"""Folding of text for search and uniqueness, and the checks every written text passes."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct

from backend.errors import BadRequest, pointed

DIALLED = re.compile(r"\+?[0-9 \xa0().-]+")
TELLING = 3  # digits from which on a telephone is looked for
WHOLE = 11  # digits of a number with the 7 or the 8 before it


def fold(value: str) -> str:
    """The form in which texts are compared: NFKC, case folded, ё as е, blanks collapsed."""
    folded = unicodedata.normalize("NFKC", value).casefold().replace("ё", "е")
    return " ".join(folded.split())


def like(value: str) -> str:
    """A folded text as a LIKE pattern (escape `\\`) that finds it anywhere."""
    escaped = fold(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def dialled(value: str) -> str | None:
    """The digits of a telephone that is typed, without what one dials before a number at home.

    None for what is no telephone, or too short to tell one by.
    """
    if not DIALLED.fullmatch(value.strip()):
        return None
    digits = "".join(sign for sign in value if sign.isdecimal())
    if len(digits) == WHOLE and digits[0] in "78":
        return digits[1:]
    return digits if len(digits) >= TELLING else None


def as_id(given: int | str) -> int | None:
    """The id that is meant: an integer, or one written in digits; None for a key."""
    if isinstance(given, int):
        return given
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else None


def given(fields: Struct) -> dict[str, Any]:
    """What was sent of a struct of optional fields, texts trimmed; a blank text is none."""
    values = {name: getattr(fields, name) for name in fields.__struct_fields__}
    return {
        name: value.strip() or None if isinstance(value, str) else value
        for name, value in values.items()
        if value is not UNSET
    }


def written_over(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Named values with those given over them; a null takes one away."""
    return {name: value for name, value in {**before, **given}.items() if value is not None}


def same_name(external_id: str, fields: Struct) -> str:
    """The external_id of an address; BadRequest where the body names another one."""
    name = external_id.strip()
    if not name:
        raise BadRequest("An external_id has 1 to 128 characters")
    if given(fields).get("external_id", name) != name:
        raise pointed("the address names another external_id", "/external_id")
    return name
