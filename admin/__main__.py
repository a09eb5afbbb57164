"""Inspect a LiteLLM proxy, and list its models in Dify.

    python -m admin inspect http://litellm:4000 gpt-4
    python -m admin catalog --base-url http://litellm:4000
    python -m admin diff dist/litellm-0.1.0-1234567890.difypkg
    python -m admin sync --base-url http://litellm:4000 --dify-url https://dify.example.org

The proxy's key is read from LITELLM_API_KEY, or from the variable that --api-key-env names. No
command costs tokens.
"""

import dify_plugin  # noqa: F401, I001 - patches sockets, so it comes first

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console
from rich.markup import escape

from admin import catalog, diff, inspector, move, names, rotate, spend, sync, upgrade
from admin.command_error import CommandError
from translation.form.reader import SettingsError


class Command(Protocol):
    """A module that implements a command.

    The first line of its docstring is its help.
    """

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Run the command and return the exit status.

        Errors are raised with a message.
        """


_COMMANDS: Mapping[str, Command] = {
    "catalog": catalog,
    "diff": diff,
    "inspect": inspector,
    "move": move,
    "names": names,
    "rotate": rotate,
    "spend": spend,
    "sync": sync,
    "upgrade": upgrade,
}
_INTERRUPTED = 130
_FAILED = 2
errors = Console(highlight=False, stderr=True, style="red", soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status, 2 after an error message."""
    listed = [f"  {name:10}{_first_line(command)}" for name, command in _COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m admin",
        description="\n".join(
            [(__doc__ or ""), "commands (each has a --help of its own):", *listed]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=_COMMANDS, metavar="COMMAND", help="one of these")
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="…", help="what the command takes"
    )
    called = parser.parse_args(arguments)
    command = _COMMANDS[called.command]
    parser = argparse.ArgumentParser(
        prog=f"python -m admin {called.command}",
        description=command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    options = parser.parse_intermixed_args(called.rest)
    try:
        return command.run(options)
    except KeyboardInterrupt:
        errors.print("Interrupted. Run it again: it goes on from where it was.")
        return _INTERRUPTED
    except OSError as error:
        errors.print(escape(f"{error.filename or 'A file'}: {error.strerror or error}."))
    except (CommandError, SettingsError) as error:
        errors.print(escape(str(error)))
    return _FAILED


def _first_line(command: Command) -> str:
    return (command.__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
