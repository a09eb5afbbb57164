"""Change the provider of models in exported apps to this plugin.

    python -m admin move apps/*.yml --from openai_api_compatible --name gpt4=gpt-4o
    python -m admin move apps/*.yml --from openai --names names.yaml --apply

Reads files that you exported from Dify, and changes only the providers and names of models. Without
--apply it lists the changes and writes nothing. Then import the files in Dify. The `dependencies`
of an app are not changed, so Dify may still ask for the previous plugin.

Exits with 0 if there is nothing to change, 1 if there are changes to apply, 2 if a file cannot be
read.
"""

import argparse
from pathlib import Path

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.command_error import CommandError
from admin.dify.app_file import moved

OURS = "litellm-community/litellm/litellm"
_MAX_BYTES = 16 * 1024 * 1024
terminal = Console(highlight=False, soft_wrap=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="exported apps (YAML)")
    parser.add_argument("--from", dest="old", required=True, metavar="PROVIDER",
                        help="such as openai_api_compatible, openai, or plugin/provider in full")  # fmt: skip
    parser.add_argument("--to", dest="new", default=OURS, metavar="PROVIDER",
                        help="the provider to give them to (default: %(default)s)")  # fmt: skip
    parser.add_argument("--name", action="append", default=[], metavar="OLD=NEW",
                        help="a model's name here; names that are not given stay")  # fmt: skip
    parser.add_argument("--names", type=Path, metavar="FILE", help="the same in YAML, old: new")
    parser.add_argument("--apply", action="store_true", help="write the files")


def run(options: argparse.Namespace) -> int:
    """List or apply the changes; return 0 or 1. Raises CommandError and OSError."""
    names = _names(options)
    table = Table("file", "line", "provider", "model", "becomes")
    texts: dict[Path, str] = {}
    for file in options.files:
        text = _read(file)
        try:
            new_text, changed = moved(text, options.old, options.new, names)
        except yaml.YAMLError as error:
            message = f"{file} is no YAML: {' '.join(str(error).split())[:200]}."
            raise CommandError(message) from None
        for named, name in changed:
            stays = "" if named.model in names else " (as before)"
            table.add_row(escape(str(file)), str(named.line), escape(named.provider),
                          escape(named.model), escape(name) + stays)  # fmt: skip
        if new_text != text:
            texts[file] = new_text
    if not texts:
        terminal.print(
            f"Nothing to change: no model of {escape(options.old)} in {len(options.files)} files."
        )
        return 0
    terminal.print(table)
    if not options.apply:
        terminal.print(f"{len(texts)} files would change; --apply writes them.")
        return 1
    for file, text in texts.items():
        # Write bytes: text mode would change the line ends.
        file.write_bytes(text.encode())
    terminal.print(f"{len(texts)} files are written; import them in Dify's page.")
    return 0


def _read(file: Path) -> str:
    if file.stat().st_size > _MAX_BYTES:
        message = f"{file} is larger than {_MAX_BYTES} bytes: it is no app."
        raise CommandError(message)
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        message = f"{file} is not written in UTF-8."
        raise CommandError(message) from None


def _names(options: argparse.Namespace) -> dict[str, str]:
    try:
        told = yaml.safe_load(options.names.read_text()) if options.names else {}
    except yaml.YAMLError:
        told = None
    if not isinstance(told, dict):
        message = f"{options.names} must be YAML with one line for each name, old: new."
        raise CommandError(message)
    names = {str(old): str(new) for old, new in told.items()}
    for pair in options.name:
        old, sign, new = pair.partition("=")
        if not (old and sign and new):
            message = f'--name must be OLD=NEW, not "{pair}".'
            raise CommandError(message)
        names[old] = new
    return names
