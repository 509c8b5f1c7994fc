"""The sentences of refusals that a page may show, read from the code that raises them."""

import ast
from collections.abc import Iterator

from tests.house.sources import Source, sources

# What only programs are told: they ask for it in ways that no page has.
FOR_PROGRAMS = (
    "backend/commands", "backend/db", "backend/demo", "backend/embedded", "backend/papers",
    "backend/domain/changes", "backend/domain/funnels", "backend/domain/idempotency",
    "backend/domain/notifications", "backend/domain/flows/convert",
    "backend/domain/flows/imports", "backend/domain/flows/intake", "backend/domain/flows/papers",
    "backend/domain/flows/upserts", "backend/domain/flows/runs", "backend/domain/cards/history",
)  # fmt: skip
SHOWN = ("backend/domain", "backend/routes/web")
RAISED = {
    "BadRequest", "Forbidden", "NotFound", "Conflict", "Stale", "MoveRefused", "FieldNeeded",
    "ReasonNeeded", "NextDateNeeded", "NotAcceptable", "RateLimited", "Unavailable", "pointed",
    "PreconditionRequired",
}  # fmt: skip


def sentences() -> dict[str, str]:
    """Every sentence with `{}` where a value comes in, and where it is raised."""
    return {
        text: f"{source.path}:{call.lineno}"
        for source in sources("backend")
        if source.path.startswith(SHOWN) and not source.path.startswith(FOR_PROGRAMS)
        for call, name in source.calls
        if name in RAISED and call.args
        for text in _texts(source, call.args[0])
    }


def _texts(source: Source, said: ast.expr) -> Iterator[str]:
    match said:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            yield shape(said)
        case ast.IfExp():
            yield from (*_texts(source, said.body), *_texts(source, said.orelse))
        case ast.BoolOp():
            yield from (text for one in said.values for text in _texts(source, one))
        case ast.Name():
            yield from (text for one in _assigned(source, said.id) for text in _texts(source, one))


def _assigned(source: Source, name: str) -> Iterator[ast.expr]:
    """What a name is given in this file, unless that is another name's value."""
    for node in source.nodes:
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == name
            and not isinstance(node.value, ast.Name)
        ):
            yield node.value


def shape(said: ast.JoinedStr) -> str:
    """An f-string with gaps for its values."""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "{}" for part in said.values
    )
