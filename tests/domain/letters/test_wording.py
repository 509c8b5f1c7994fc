"""Letters as templates: what they may say, and what they are kept from."""

import pytest

from backend.domain.calendar import Period
from backend.domain.letters.rules import one_line, span
from backend.domain.letters.wording import fault, filled


def test_names_are_filled_in_and_what_is_unknown_is_left_out() -> None:
    text = "Dear {{ contact or client }}{% if period %}, for {{ period }}{% endif %}."
    assert fault(text) is None
    assert filled(text, {"client": "Acme", "period": "1 year"}) == "Dear Acme, for 1 year."
    assert filled(text, {"client": "Acme", "contact": "Ivan"}) == "Dear Ivan."
    # What a client is called is text, never a template, and no mark-up: letters are plain.
    assert filled("{{ client }}", {"client": "{{ owner }} <b>"}) == "{{ owner }} <b>"
    assert one_line("Ends:\r\nBcc: all@example.com  soon") == "Ends: Bcc: all@example.com soon"


@pytest.mark.parametrize(
    "text",
    [
        "{{ secret }}", "{{ client.__class__ }}", "{{ client['x'] }}", "{{ client() }}",
        "{% for x in client %}{% endfor %}", "{{ 'a' * 1000000000 }}", "{% set client = 1 %}",
        "{{ client|upper }}", "{% include 'x' %}", "{% macro x() %}{% endmacro %}", "{{ client",
        "{% if client %}", "{{ 9**9**9 }}", "{% import 'os' as contact %}",
    ],
)  # fmt: skip
def test_nothing_else_is_let_in(text: str) -> None:
    assert fault(text) is not None


def test_periods_are_said_in_words() -> None:
    said = {code: (span(Period.parse(code), "ru"), span(Period.parse(code), "en"))
            for code in ("P1Y", "P2Y", "P5Y", "P6M", "P11M", "P21D", "P3W")}  # fmt: skip
    assert said == {
        "P1Y": ("1 год", "1 year"), "P2Y": ("2 года", "2 years"), "P5Y": ("5 лет", "5 years"),
        "P6M": ("6 месяцев", "6 months"), "P11M": ("11 месяцев", "11 months"),
        "P21D": ("21 день", "21 days"), "P3W": ("3 недели", "3 weeks"),
    }  # fmt: skip
