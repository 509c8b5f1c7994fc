"""The `voronka` command; each subcommand is a module of backend/commands, loaded when asked."""

import importlib
import os
import sys

import click

from backend.commands import shared

COMMANDS = (
    "run", "serve", "worker", "migrate", "sweep", "import", "user", "token", "openapi",
    "doctor", "backup", "restore", "demo", "audit", "funnel",
)  # fmt: skip
MODULES = {"import": "importing"}  # a word of Python's own cannot name a module


class Commands(click.Group):
    """Loads only the command that was asked for: the supervisor stays small and starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = MODULES.get(cmd_name, cmd_name)
        with shared.importing():
            command = importlib.import_module(f"backend.commands.{module}").command
        return command if isinstance(command, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Voronka, the sales CRM in which no renewal is ever forgotten."""


def main() -> None:
    """Run a command: exit with 0, or say in one line what is wrong and exit with another code."""
    try:
        code = cli.main(prog_name="voronka", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = error.exit_code
    except click.ClickException as error:
        code = _refuse(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _refuse("stopped", 130)
    except Exception as error:
        if os.environ.get("VORONKA_LOG_LEVEL", "").lower() == "debug":
            raise
        code = _refuse(_sentence(error), 1)
    sys.exit(code)


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split("\n", 1)[0].split())
    if text and type(error).__module__.startswith("backend."):
        return text
    # Loaded only now: it knows the drivers, which most commands can do without.
    outside = importlib.import_module("backend.embedded.outside")
    return outside.sentence(error) or f"{type(error).__name__}: {text}"


def _refuse(sentence: str, code: int) -> int:
    click.echo(f"voronka: {sentence}", err=True)
    return code


if __name__ == "__main__":
    main()
