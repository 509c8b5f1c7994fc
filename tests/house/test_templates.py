"""Templates show and decide nothing; what they carry cannot run, and only what is ours may send."""

import re
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT

FOLDER = ROOT / "frontend" / "templates"
PAGES = {
    file.relative_to(FOLDER).as_posix(): file.read_text() for file in sorted(FOLDER.rglob("*.html"))
}
FORBIDDEN = {
    "lets something through unescaped": r"\|\s*safe\b|Markup|autoescape",
    "has a style of its own": r"<style|\sstyle=",
    "has a script of its own": r"<script(?![^>]*\ssrc=)",
    "runs something": r"\son[a-z]+=|hx-on|js:|javascript:|hx-trigger=\"[^\"]*\[",
    "has an attribute without quotes": r"\s[a-z-]+=\{\{",
    "decides by what is for rules": r"\.(stage|state|status|role)\s*(==|!=)",
    "weighs three things at once": r"\{%[^%]*\b(and|or)\b[^%]*\b(and|or)\b[^%]*%\}",
    "reads a clock": r"\bnow\(\)",
}
SENDS = re.compile(r"\bhx-(?:get|post|put|patch|delete)=")


def found_in(text: str) -> Iterator[str]:
    """What is wrong with a template."""
    for told, pattern in FORBIDDEN.items():
        for found in re.finditer(pattern, text):
            yield f"{text.count(chr(10), 0, found.start()) + 1} {told}: {found.group().strip()}"
    for tag in text.split("<"):
        if SENDS.search(tag) and "data-n=" not in tag:
            yield f"sends a request and is not marked: {tag[:80]}"
    posted = text.count('method="post"') + len(re.findall(r"<form[^>]*sends\(", text))
    if posted > len(re.findall(r"(?:token|csrf_field)\(\)", text)):
        yield "posts a form without the token"


def test_templates_keep_to_showing() -> None:
    wrong = [
        f"{name}:{line}"
        for name, text in PAGES.items()
        if name != "layout/macros.html"
        for line in found_in(text)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "weak",
    [
        "{{ name | safe }}", '<p style="x">', "<script>1</script>", '<a onclick="x">',
        '<a hx-on:click="x">', "<a href={{ x }}>", '{% if card.state == "won" %}',
        "{% if a and b and c %}", '<button hx-post="/x">', '<form method="post"></form>',
        '<form {{ sends("/x") }}></form>', '<i hx-trigger="click[x]" data-n="1">',
    ],
)  # fmt: skip
def test_what_must_not_be_there_is_found(weak: str) -> None:
    assert list(found_in(weak))
