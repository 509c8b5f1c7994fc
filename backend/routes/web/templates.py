"""The templates of the pages: one environment for each language."""

from functools import cache, lru_cache, partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from backend.routes.web import static, words

TOLD = (
    "number", "money", "percent", "share", "month", "day", "weekday", "moment", "ago", "span",
    "source", "quantity",
)  # fmt: skip
FOLDER = Path(__file__).parents[3] / "frontend" / "templates"
KEPT = 4096  # fragments that were drawn, in each server process


@cache
def environment(locale: str) -> Environment:
    """Every value is escaped, a misspelt one is an error, every text is of this language."""
    made = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )  # fmt: skip
    made.install_gettext_translations(  # type: ignore[attr-defined]
        words.translations(locale), newstyle=True
    )
    made.filters |= {name: partial(_told, getattr(words, name), locale) for name in TOLD}
    made.filters |= {"initials": words.initials, "hue": words.hue}
    made.filters["own"] = attrgetter(locale)
    made.globals |= {"asset": static.address, "locale": locale, "drawn": partial(drawn, locale)}
    return made


@lru_cache(KEPT)
def drawn(locale: str, template: str, **values: Any) -> Markup:
    """What a template makes of these values alone: drawn once, however many look how often.

    It knows neither viewer nor token. The values are immutable; another value is another key.
    """
    return Markup(environment(locale).get_template(template).render(values).strip())


def _told(write: Any, locale: str, *args: Any, **options: Any) -> str:
    return str(write(*args, locale=locale, **options))
