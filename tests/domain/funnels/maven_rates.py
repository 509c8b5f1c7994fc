"""Win rates of the Maven sample by agent, product and quarter, simply counted in its CSV.

`python -m tests.domain.funnels.maven_rates` prints them.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

MAVEN = Path(__file__).resolve().parents[3] / "examples" / "maven-crm"
SPELLED = {"GTXPro": "GTX Pro"}  # as the file of products has it

# (agent, product, first day of the quarter) to (won, lost)
Rates = dict[tuple[str, str, date], tuple[int, int]]


def rates(rows: Iterable[dict[str, str]]) -> Rates:
    """How many opportunities each agent won and lost, by product and quarter of closing."""
    counts: Counter[tuple[str, str, date, str]] = Counter()
    for row in rows:
        if row["deal_stage"] in ("Won", "Lost"):
            closed = datetime.strptime(row["close_date"], "%m/%d/%Y").date()  # noqa: DTZ007
            quarter = date(closed.year, 3 * ((closed.month - 1) // 3) + 1, 1)
            product = SPELLED.get(row["product"], row["product"])
            counts[row["sales_agent"], product, quarter, row["deal_stage"]] += 1
    keys = {key[:3] for key in counts}
    return {key: (counts[*key, "Won"], counts[*key, "Lost"]) for key in keys}


def last_day(quarter: date) -> date:
    """The last day of the quarter that begins on a day."""
    month = quarter.month + 3
    after = date(quarter.year + (month > 12), (month - 1) % 12 + 1, 1)
    return after - timedelta(days=1)


def lines(found: Rates) -> Iterator[str]:
    for (agent, product, quarter), (won, lost) in sorted(found.items()):
        yield f"{agent}\t{product}\t{quarter}\t{won}\t{lost}\t{won / (won + lost):.4f}"


if __name__ == "__main__":
    with (MAVEN / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        sys.stdout.writelines(f"{line}\n" for line in lines(rates(csv.DictReader(file))))
