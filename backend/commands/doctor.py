"""`voronka doctor`: looks at everything the product stands on, and says what to do."""

import asyncio

import click
import msgspec

from backend.commands import examination, shared
from backend.commands.examination import Finding
from backend.settings import SettingsError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one line of JSON.")
def command(as_json: bool) -> None:
    """Check settings, secret, disk, database, migrations, clock, queue, workers and renewals. Each
    line says ok, or what is wrong and what to do; exits with 1 where anything is wrong."""
    try:
        found = asyncio.run(examination.examine(shared.settings()))
    except SettingsError as error:
        found = [Finding("settings", False, str(error), "correct it and look again")]
    wrong = sum(not finding.ok for finding in found)
    if as_json:
        click.echo(msgspec.json.encode({"ok": not wrong, "checks": found}).decode())
    else:
        for finding in found:
            click.echo(_line(finding))
    if wrong:
        raise click.ClickException(f"{wrong} of {len(found)} checks found something wrong")


def _line(finding: Finding) -> str:
    if finding.ok:
        return f"ok     {finding.name}: {finding.told}"
    return f"WRONG  {finding.name}: {finding.told}; {finding.do}"
