"""Build a package that lists the proxy's models in Dify.

You enter the key once. Reads the models that the key can use, and adds one model file for each to
the plugin. Costs no tokens.
"""

import argparse
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.catalogue.choices import Choices, ChoicesError, read_choices
from admin.catalogue.files import catalogue_files
from admin.catalogue.previous import departed, read_package
from admin.catalogue.reading import selected
from admin.catalogue.selection import Selection, kinds_of, require_catalogue
from admin.offline import add_offline_options, packed_for
from admin.package import MAX_BYTES, MAX_FILES, ROOT, build, check
from admin.proxy_options import add_proxy_options

_MAX_NAMES = 5
_MAX_NAME_CHARACTERS = 60
CHOICES = ("base_url", "include", "exclude", "modes", "wildcards", "order", "limit")
console = Console(highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_choices(parser)
    add_offline_options(parser)
    parser.add_argument("--previous", type=Path, metavar="PACKAGE",
                        help="the package in use: its models that have left stay once more, deprecated")  # fmt: skip
    parser.add_argument("--to", type=Path, default=ROOT / "dist", metavar="FOLDER",
                        help="where the package goes (default: dist)")  # fmt: skip


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Add the options for the catalogue's models and for the proxy."""
    parser.add_argument("--base-url", default="", help="the proxy, as Dify's daemon sees it")
    parser.add_argument("--read-url", default="", metavar="URL",
                        help="the proxy as seen from here, where that differs")  # fmt: skip
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="choices in YAML (catalog.yaml)"
    )
    parser.add_argument("--include", metavar="A,B*", help="name patterns (default: all)")
    parser.add_argument("--exclude", metavar="A,B*", help="name patterns to leave out")
    parser.add_argument("--modes", metavar="chat,…", help="LiteLLM's modes (default: all)")
    parser.add_argument("--wildcards", choices=["leave-out", "expand"],
                        help="names that only a wildcard stands for (default: leave-out)")  # fmt: skip
    parser.add_argument("--order", choices=["name", "provider"], help="in Dify (default: name)")
    parser.add_argument("--limit", metavar="N", help="models at most (default: 500)")
    add_proxy_options(parser)


def run(options: argparse.Namespace) -> int:
    """Build the package; return 0. Raises CommandError, SettingsError and OSError."""
    choices = read_choices(options.config, **{name: getattr(options, name) for name in CHOICES})
    selection = selected(choices, options)
    require_catalogue(selection, choices)
    gone = departed(read_package(options.previous), selection) if options.previous else ()
    plain = packed_for(options)
    files, stamp = catalogue_files(plain, selection.models + gone, choices)
    size = sum(map(len, files.values()))
    if size > MAX_BYTES or len(files) > MAX_FILES:
        message = (
            f"{len(files)} files of {size} bytes are more than Dify takes ({MAX_FILES} files, "
            f"{MAX_BYTES} bytes): choose fewer models."
        )
        raise ChoicesError(message)
    version = yaml.safe_load(plain["manifest.yaml"])["version"]
    package = options.to.resolve() / f"litellm-{version}-{stamp}.difypkg"
    build(package, files)
    check(package)
    _show(selection, choices)
    if gone:
        console.print(
            f"[yellow]Not on the proxy any more, kept as deprecated: {_listed([m.name for m in gone])}[/]"
        )
    size = package.stat().st_size
    console.print(
        f"{package}: {len(selection.models) + len(gone)} models, {size} bytes", soft_wrap=True
    )
    console.print("Upload it in Dify under Plugins > Install plugin > Local package file.")
    return 0


def _show(selection: Selection, choices: Choices) -> None:
    table = Table("kind", "number", "models")
    for kind, count in kinds_of(selection.models):
        names = [model.name for model in selection.models if model.kind is kind]
        table.add_row(kind.value, str(count), _listed(names))
    console.print(table)
    for pattern in choices.include:
        if not any(fnmatchcase(model.proxy_name, pattern) for model in selection.models):
            console.print(f"[yellow]include: {escape(pattern)} stands for none of them[/]")
    for why in sorted(set(selection.left_out.values())):
        names = [name for name, reason in selection.left_out.items() if reason == why]
        console.print(f"[dim]left out, {escape(why)}: {_listed(names)}[/]", soft_wrap=True)
    unknown = [model.name for model in selection.models if model.facts.mode is None]
    if unknown:
        console.print(
            f"[yellow]The proxy does not tell the mode of {len(unknown)} models; they are listed as "
            f"kinds says, else as LLMs: {_listed(unknown)}[/]",
            soft_wrap=True,
        )


def _listed(names: Sequence[str]) -> str:
    """Return the first names, and the number of the others."""
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return escape(", ".join(name[:_MAX_NAME_CHARACTERS] for name in names[:_MAX_NAMES]) + more)
