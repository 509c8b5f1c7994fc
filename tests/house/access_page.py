"""Writes docs/access.md, the policy for people to read: `python -m tests.house.access_page`."""

from pathlib import Path

from backend.routes.policy import OK, POLICY, Reach, Record, Rule
from backend.routes.web.policy import PAGES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
HEAD = """\
# Who may do what

Made from `backend/routes/policy.py`, which is what the server itself goes by. A call passes when

1. its token is good (else 401) and has the scope (else 403);
2. the role of the token's user is among those named (else 403);
3. the record that the address names is his to read or write, as the role reaches: a manager's own,
   a head's teams', all for viewers (to read) and admins.

What one may not see does not exist: the answer is the one for a record that was never there.
"""
BROWSER = """\
From `backend/routes/web/policy.py`. A session takes the place of the token and has every scope:
whoever signs in may do what his role may. What changes something needs the token of its page
besides, and comes from a page of our own."""
RELATIONS = ("own", "covered", "shown", "hidden", "deleted", "absent")
ABOUT = {
    "own": "the caller's own",
    "covered": "somebody else's that he may change",
    "shown": "one that he may only read",
    "hidden": "one that he may not see",
    "deleted": "a deleted one",
    "absent": "none",
}


def text() -> str:
    """The whole page."""
    rules = [*POLICY.values(), *PAGES.values()]
    kinds = list(dict.fromkeys(rule.record for rule in rules))
    return "\n".join([
        HEAD, *_kinds(kinds), "", "## Every route of REST", "", *_routes(POLICY, kinds), "",
        "## Every page", "", BROWSER, "", *_routes(PAGES, kinds), "",
    ])  # fmt: skip


def _kinds(kinds: list[Record]) -> list[str]:
    heads = " | ".join(ABOUT[name] for name in RELATIONS)
    found = [
        "## What becomes of a call, by whose the record is", "",
        f"| | the record | whose it is | {heads} |", "|" + "---|" * (len(RELATIONS) + 3),
    ]  # fmt: skip
    for number, kind in enumerate(kinds):
        if kind.reach is not Reach.NOTHING:
            cells = " | ".join(_cell(getattr(kind, name)) for name in RELATIONS)
            found.append(f"| {number} | {kind.told} | {kind.reach.value} | {cells} |")
    return found


def _cell(status: int) -> str:
    return "passes" if status == OK else str(status)


def _routes(policy: dict[str, Rule], kinds: list[Record]) -> list[str]:
    found = ["| route | scope | who | the record |", "|---|---|---|---|"]
    for key, rule in sorted(policy.items(), key=_place):
        number = kinds.index(rule.record)
        record = "" if rule.record.reach is Reach.NOTHING else f"{number}: {rule.record.told}"
        scope = "any" if rule.scope is None else f"`{rule.scope}`"
        found.append(f"| `{key}` | {scope} | {rule.who.value} | {record} |")
    return found


def _place(row: tuple[str, Rule]) -> tuple[str, str]:
    method, _, path = row[0].partition(" ")
    return path, method


if __name__ == "__main__":
    PAGE.write_text(text())
