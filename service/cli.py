"""The command line: which command lives where. A command's file is only imported when that command runs."""

import importlib
import keyword
import os
import sys
from typing import Any

import click

COMMANDS = {
    "serve": "serving",
    "worker": "serving",
    "db": "database",
    "score": "classifier",
    "explain": "classifier",
    "train": "classifier",
    "train-encoder": "encoder",
    "evaluate": "classifier",
    "models": "classifier",
    "promote": "classifier",
    "agreement": "classifier",
    "report": "reports",
    "sample": "reports",
    "site": "sites",
    "user": "people",
    "import": "archives",
    "export": "archives",
    "settings": "about",
    "openapi": "about",
}
"""Command to the file in `service/commands/` that holds it, under the same name."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for, so that no command waits for another's libraries."""

    def main(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401  # as click has it
        """Run a command; what goes wrong is said in one line: exit status 1, or 2 for wrong usage."""
        try:
            return super().main(*args, **{**options, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "python -m service"
            said = " ".join(error.format_message().split())
            click.echo(f"Error: {said} `{path} --help` explains.", err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("Stopped.", err=True)
            sys.exit(1)
        except BrokenPipeError:
            # Whoever read what we print has heard enough; Python would complain again when it closes the pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"service.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, _name(cmd_name))
        return command


def _name(command: str) -> str:
    """Return what a command's function is called: `import` is a word of Python's."""
    name = command.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Undertone reads the comments of a blog, so that its moderators need not read them all at night."""
