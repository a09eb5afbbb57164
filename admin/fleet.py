"""Synchronise several workspaces, one after the other."""

import argparse
import json
from collections.abc import Callable, Sequence

from rich.markup import escape
from rich.table import Column, Table

from admin.catalogue.choices import Choices
from admin.catalogue.fleet import Target
from admin.command_error import CommandError
from admin.dify.bring_in_step import IN_STEP, REFUSED, WOULD_CHANGE, Outcome, terminal
from translation.form.reader import SettingsError

_FAILED = 2
_FROM_BEST_TO_WORST = (IN_STEP, WOULD_CHANGE, REFUSED, _FAILED)

type Synchronise = Callable[[Choices, argparse.Namespace], Outcome]


def sync_fleet(
    targets: Sequence[Target], options: argparse.Namespace, synchronise: Synchronise
) -> int:
    """Plan all targets, then with `options.apply` carry out the plans; return the worst status.

    A target that fails does not stop the others.
    """
    planned = argparse.Namespace(**{**vars(options), "apply": False})
    results = {target.name: _result(target, planned, synchronise) for target in targets}
    if options.apply:
        # The plans are on the screen already.
        quiet = argparse.Namespace(**{**vars(options), "json": True})
        for target in targets:
            if _status(results[target.name]) == WOULD_CHANGE:
                results[target.name] = _result(target, quiet, synchronise)
    if options.json:
        told = {
            name: {"status": _status(result), **_json(result, options)}
            for name, result in results.items()
        }
        print(json.dumps({"targets": told}, ensure_ascii=False, indent=2))
    else:
        table = Table("target", Column("result", overflow="fold"))
        for name, result in results.items():
            table.add_row(escape(name), escape(_told(result)))
        terminal.print(table)
    return max(map(_status, results.values()), key=_FROM_BEST_TO_WORST.index)


def _result(
    target: Target, options: argparse.Namespace, synchronise: Synchronise
) -> Outcome | Exception:
    if not options.json:
        terminal.rule(escape(target.name), align="left")
    try:
        return synchronise(target.choices(), target.options(options))
    except (CommandError, SettingsError, OSError) as error:
        return error


def _status(result: Outcome | Exception) -> int:
    return result.status if isinstance(result, Outcome) else _FAILED


def _told(result: Outcome | Exception) -> str:
    match result:
        case Outcome():
            return result.told
        case OSError():
            return f"{result.filename or 'A file'}: {result.strerror or result}."
        case _:
            return str(result)


def _json(result: Outcome | Exception, options: argparse.Namespace) -> dict[str, object]:
    if isinstance(result, Outcome):
        return result.to_json(applied=options.apply)
    return {"told": _told(result)}
