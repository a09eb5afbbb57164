"""List the changes on the proxy since a package with its catalogue was built.

Exits with 0 if nothing changed, 1 if something changed, 2 on an error (make returns 2 for both; in
CI, run this command without make).
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.catalogue.difference import changes
from admin.catalogue.files import entity_of
from admin.catalogue.previous import read_package
from admin.catalogue.reading import selected
from admin.proxy_options import add_proxy_options

console = Console(highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("package", type=Path, help="the package that was built")
    parser.add_argument("--base-url", default="", help="the proxy, if it has moved since")
    parser.add_argument("--read-url", default="", metavar="URL",
                        help="the proxy as seen from here, where that differs")  # fmt: skip
    add_proxy_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare package and proxy; return 0 or 1. Raises CommandError, SettingsError and OSError."""
    previous = read_package(options.package)
    choices = previous.choices
    if options.base_url:
        choices = choices.model_copy(update={"base_url": options.base_url})
    models = selected(choices, options).models
    now = {(m.kind.value, m.name): entity_of(m, choices.base_url) for m in models}
    before = {key: each for key, each in previous.entities.items() if not each.get("deprecated")}
    found = list(changes(before, now))
    if not found:
        console.print(f"Nothing changed: {len(now)} models.")
        return 0
    table = Table("kind", "model", "change")
    for change in found:
        table.add_row(change.kind, escape(change.model), escape(change.what))
    console.print(table)
    console.print(f"{len(found)} changes. Build the catalogue again to take them over.")
    return 1
