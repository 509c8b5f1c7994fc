"""The texts that the pages ask for: read from the templates and from the code beside them."""

import ast
import io
from collections.abc import Iterator
from typing import Any

from babel.messages.extract import extract
from jinja2.ext import babel_extract

from backend.routes.web.templates import FOLDER
from tests.house.sources import ROOT, sources
from tests.routes.web.sentences import shape

KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
OPTIONS = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
Text = tuple[str | None, str | tuple[str, ...]]


def asked_for() -> set[Text]:
    """Every text, with its context where it has one; those that code computes are marked there."""
    found = (_text(name, message) for name, message in (*_in_templates(), *_in_code()))
    return {text for text in found if text[1]}


def refusals() -> set[Text]:
    """What rules may say: any text of the code below the pages, which shows it translated."""
    return {
        (None, node.value)
        for source in sources("backend")
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } | {
        (None, shape(node))
        for source in sources("backend")
        for node in source.nodes
        if isinstance(node, ast.JoinedStr)
    }


def _in_templates() -> Iterator[tuple[str, Any]]:
    for file in FOLDER.rglob("*.html"):
        opened = io.BytesIO(file.read_bytes())
        for _, name, message, _ in babel_extract(opened, tuple(KEYWORDS), (), OPTIONS):
            yield name, message


def _in_code() -> Iterator[tuple[str, Any]]:
    for file in (ROOT / "backend" / "routes" / "web").rglob("*.py"):
        opened = io.BytesIO(file.read_bytes())
        for _, message, _, context in extract("python", opened, keywords=KEYWORDS):
            plural = "n" if isinstance(message, tuple) else ""
            parts = message if plural else (message,)
            yield (
                (f"{plural}gettext", parts) if context is None else ("pgettext", (context, *parts))
            )


def _text(name: str, message: Any) -> Text:
    told = message if isinstance(message, tuple) else (message,)
    parts = [part for part in told if isinstance(part, str)]
    context = parts.pop(0) if name in ("pgettext", "npgettext") else None
    if name.startswith(("n", "N")) and name != "N_":
        return context, tuple(parts[:2])
    return context, parts[0] if parts else ""
