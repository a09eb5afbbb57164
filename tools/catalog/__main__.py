"""A package with the catalogue of your proxy: Dify lists every model, the key is entered once.

    python -m tools.catalog build --base-url http://litellm:4000 --api-key-env LITELLM_API_KEY
    python -m tools.catalog diff dist/litellm-0.1.0-1234567890.difypkg --api-key-env LITELLM_API_KEY

Reads what the key can use, and writes the same plugin with one model file for each. Costs no tokens.
`diff` exits with 0 if nothing changed, 1 if something did, 2 if it could not tell (make turns both of
these into 2: in CI call it as above).
"""

import dify_plugin  # noqa: F401, I001 - patches sockets, so it comes first

import argparse
import json
import os
import re
import sys
import zipfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from litellm_proxy.errors import ProxyError, ProxyUnreachable
from tools.catalog.choices import Choices, ChoicesError, read_choices
from tools.catalog.difference import Entities, changes
from tools.catalog.files import CATALOGUE, catalogue_files, entity_of
from tools.catalog.selection import Selection, kinds_of, require_catalogue, select
from tools.marketplace import MAX_BYTES, MAX_FILES
from tools.package import ROOT, build, check, packed
from tools.proxy_models import read_models
from translation.errors.sentences import sentence_when_saving
from translation.form.reader import SettingsError
from translation.form.settings import parse_settings
from translation.saving.validation import refusal_of_key

_MOST_TOLD = 5
_LONGEST_TOLD = 60
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
console = Console(highlight=False)
errors = Console(highlight=False, stderr=True, style="red", soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or compare; return the exit status."""
    options = _options(arguments)
    try:
        if options.command == "build":
            return _build(options)
        return _diff(options)
    except OSError as error:
        errors.print(f"{escape(str(error.filename))}: {error.strerror}.")
    except (ChoicesError, SettingsError) as error:
        errors.print(escape(str(error)))
    except ProxyError as error:
        asked = options.read_url or options.base_url or "the proxy"
        errors.print(escape(refusal_of_key(error, asked) or sentence_when_saving(error)))
        if not os.environ.get(options.api_key_env):
            errors.print(f"{options.api_key_env} is not set, so the proxy was asked without a key.")
        if isinstance(error, ProxyUnreachable):
            errors.print(
                "If the proxy has another address from here than from Dify, give it as --read-url "
                "(READ_URL=); a CA of your own as --ca (CA=)."
            )
    return 2


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.catalog",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    builder = commands.add_parser("build", help="build a package with the proxy's models")
    builder.add_argument(
        "--config", type=Path, metavar="FILE", help="choices in YAML (catalog.yaml)"
    )
    builder.add_argument("--include", metavar="A,B*", help="name patterns (default: all)")
    builder.add_argument("--exclude", metavar="A,B*", help="name patterns to leave out")
    builder.add_argument("--modes", metavar="chat,…", help="LiteLLM's modes (default: all)")
    builder.add_argument("--wildcards", choices=["leave-out", "expand"],
                         help="names that only a wildcard stands for (default: leave-out)")  # fmt: skip
    builder.add_argument("--order", choices=["name", "provider"], help="in Dify (default: name)")
    builder.add_argument("--limit", metavar="N", help="models at most (default: 500)")
    builder.add_argument("--to", type=Path, default=ROOT / "dist", metavar="FOLDER",
                         help="where the package goes (default: dist)")  # fmt: skip
    comparer = commands.add_parser(
        "diff", help="what changed on the proxy since a package was built"
    )
    comparer.add_argument("package", type=Path, help="the package that was built")
    for command in (builder, comparer):
        command.add_argument("--base-url", default="", help="the proxy, as Dify's daemon sees it")
        command.add_argument("--read-url", default="", metavar="URL",
                             help="the proxy as seen from here, where that differs")  # fmt: skip
        command.add_argument("--headers-env", metavar="NAME", default="",
                             help="environment variable with further headers as a JSON object, such as "
                             "the key in a header of its own")  # fmt: skip
        command.add_argument(
            "--ca", type=Path, metavar="FILE", help="PEM of an authority of your own"
        )
        command.add_argument("--api-key-env", metavar="NAME", default="LITELLM_API_KEY",
                             help="environment variable with the key (default: %(default)s)")  # fmt: skip
    options = parser.parse_args(arguments)
    for flag, name in (
        ("--api-key-env", options.api_key_env),
        ("--headers-env", options.headers_env),
    ):
        if name and not _VARIABLE.fullmatch(name):
            # Not shown: it may be the key itself.
            parser.error(f"{flag} is the name of a variable, not what it holds")
    return options


def _build(options: argparse.Namespace) -> int:
    flags = ("base_url", "include", "exclude", "modes", "wildcards", "order", "limit")
    choices = read_choices(options.config, **{flag: getattr(options, flag) for flag in flags})
    selection = _selected(choices, options)
    require_catalogue(selection, choices)
    plain = packed()
    files, stamp = catalogue_files(plain, selection.models, choices)
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
    size = package.stat().st_size
    console.print(f"{package}: {len(selection.models)} models, {size} bytes", soft_wrap=True)
    console.print("Upload it in Dify under Plugins > Install plugin > Local package file.")
    return 0


def _selected(choices: Choices, options: argparse.Namespace) -> Selection:
    if not choices.base_url:
        message = "Base URL is missing: give --base-url (BASE_URL=), or base_url in the file."
        raise ChoicesError(message)
    form = {
        "base_url": options.read_url or choices.base_url,
        "api_key": os.environ.get(options.api_key_env, ""),
        "settings": "custom",
        "extra_headers": os.environ.get(options.headers_env, "") if options.headers_env else "",
        "ca_certificate": options.ca.read_text() if options.ca else "",
    }
    with console.status("Asking the proxy for its models …"):
        proxy = read_models(parse_settings("", form))
    for path, error in proxy.refused.items():
        console.print(
            f"[yellow]{path} did not answer, so less is known: {escape(sentence_when_saving(error))}[/]"
        )
    return select(proxy, choices)


def _diff(options: argparse.Namespace) -> int:
    before, choices = _read(options.package)
    if options.base_url:
        choices = choices.model_copy(update={"base_url": options.base_url})
    models = _selected(choices, options).models
    now = {(m.kind.value, m.name): entity_of(m, choices.base_url) for m in models}
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


def _read(package: Path) -> tuple[Entities, Choices]:
    """Return the models of a package, and the choices that it was built with."""
    try:
        with zipfile.ZipFile(package) as archive:
            choices = Choices.model_validate(json.loads(archive.read(CATALOGUE))["choices"])
            entities = [
                yaml.safe_load(archive.read(name))
                for name in archive.namelist()
                if name.startswith("models/") and name.endswith(".yaml")
                and not name.endswith("_position.yaml")
            ]  # fmt: skip
    except FileNotFoundError:
        message = f"{package} does not exist."
        raise ChoicesError(message) from None
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, yaml.YAMLError):
        message = f"{package} is no package with a catalogue."
        raise ChoicesError(message) from None
    told: dict[tuple[str, str], Any] = {(e["model_type"], e["model"]): e for e in entities}
    return told, choices


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
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return escape(", ".join(name[:_LONGEST_TOLD] for name in names[:_MOST_TOLD]) + more)


if __name__ == "__main__":
    sys.exit(main())
