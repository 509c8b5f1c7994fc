"""Letters as Jinja templates: they name what a letter may say and ask whether it is known.

Nothing else is let in, neither loops nor calls nor arithmetic: whoever writes a letter can neither
read what is not meant for it nor keep the worker busy.
"""

from collections.abc import Mapping

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

NAMES = (
    "client", "contact", "agreement", "title", "number", "product", "amount", "period", "invoice",
    "renewal_date", "end_date", "date", "owner", "owner_email",
)  # fmt: skip
_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)  # plain text
_LET_IN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.CondExpr,
    nodes.And, nodes.Or, nodes.Not, nodes.Const,
)  # fmt: skip


def fault(text: str) -> str | None:
    """What is wrong with a template; None where nothing is."""
    try:
        tree = _SANDBOX.parse(text)
    except TemplateSyntaxError as error:
        return f"line {error.lineno}: {error.message}"
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _LET_IN):
            return "a letter names things, as {{ client }}, and asks {% if contact %}, no more"
        if isinstance(node, nodes.Name) and node.name not in NAMES:
            return f"no record has “{node.name}”; there are {', '.join(NAMES)}"
    return None


def filled(text: str, facts: Mapping[str, str | None]) -> str:
    """A template with the facts filled in; what a record lacks is empty, and false."""
    known = {name: facts.get(name) or "" for name in NAMES}
    return _SANDBOX.from_string(text).render(known).strip()
