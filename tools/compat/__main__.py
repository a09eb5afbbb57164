"""Test the plugin's features against old and new versions of LiteLLM; write docs/versions.md.

    python -m tools.compat                 every version of requirements/compat
    python -m tools.compat 1.60.0 1.95.1   these versions

Each version is installed into .compat from a lock of its time, which takes a minute and 400 MB;
then tests/compat runs against its proxy. Exits with 1 if a test fails that is not a known gap of
LiteLLM.
"""

import argparse
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from tools.compat.capabilities import CAPABILITIES
from tools.compat.known_gaps import KNOWN_GAPS, NOTES

ROOT = Path(__file__).parent.parent.parent
LOCKS = ROOT / "requirements" / "compat"
FOLDER = ROOT / ".compat"
TABLE = ROOT / "docs" / "versions.md"
WORKS, LITELLMS, FAILS = "works", "LiteLLM cannot", "fails"
_MARKS = {WORKS: "✓", LITELLMS: "–", FAILS: "✗"}
_PIP = [
    "install",
    "-q",
    "--disable-pip-version-check",
    "--no-input",
    "--require-hashes",
    "--no-deps",
]

console = Console(highlight=False)

type Results = dict[str, str]
"""The result of each capability, by the name of its test."""


def main() -> int:
    """Install, run and write; return the exit status."""
    versions = sorted((lock.stem for lock in LOCKS.glob("*.txt")), key=_numbers)
    parser = argparse.ArgumentParser(
        prog="python -m tools.compat", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"of {', '.join(versions)}")
    chosen = parser.parse_args().versions or versions
    if unknown := set(chosen) - set(versions):
        parser.error(f"there is no lock for {', '.join(unknown)}; there are {', '.join(versions)}")
    results: dict[str, Results] = {}
    for place, version in enumerate(chosen, 1):
        with console.status(f"{place} of {len(chosen)}: LiteLLM {version} …"):
            results[version] = _run(version, _installed(version))
        failed = [CAPABILITIES[test] for test, what in results[version].items() if what == FAILS]
        told = f"[red]fails: {', '.join(failed)}[/]" if failed else "as it should be"
        console.print(f"LiteLLM {version}: {told}")
    if chosen == versions:
        TABLE.write_text(table(results))
        console.print(f"{TABLE.relative_to(ROOT)} is written.")
    return int(any(FAILS in each.values() for each in results.values()))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _installed(version: str) -> Path:
    """Return the command of a version, installing the version if necessary."""
    folder = FOLDER / version
    done = folder / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        lock = LOCKS / f"{version}.txt"
        subprocess.run([folder / "bin" / "pip", *_PIP, "-r", lock], check=True)
        done.touch()
    return folder / "bin" / "litellm"


def _run(version: str, command: Path) -> Results:
    """Run the tests against one version.

    A capability works if all of its cases pass.
    """
    report = FOLDER / f"{version}.xml"
    report.unlink(missing_ok=True)
    log = FOLDER / f"{version}.log"
    with log.open("w") as output:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "tests/compat", f"--junitxml={report}"],
            cwd=ROOT, env={**os.environ, "LITELLM_COMMAND": str(command)},
            stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if not report.exists():
        sys.exit(f"The tests did not run against LiteLLM {version}: see {log.relative_to(ROOT)}.")
    passed: dict[str, list[bool]] = defaultdict(list)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it here
        name = case.attrib["name"].partition("[")[0]
        passed[name].append(case.find("failure") is None and case.find("error") is None)
    gaps = KNOWN_GAPS.get(version, {})
    return {
        test: WORKS if passed[test] and all(passed[test]) else (LITELLMS if test in gaps else FAILS)
        for test in CAPABILITIES
    }


def table(results: Mapping[str, Results]) -> str:
    """Return the content of docs/versions.md."""
    head = [
        "# Versions of LiteLLM",
        "",
        (
            "Written by `make compat`: what people do with the plugin, tried against the real proxy of each "
            "version, installed with packages of its time. ✓ works, – LiteLLM cannot there, ✗ we cannot."
        ),
        "",
        _row(["", *results]),
        _row(["---"] * (len(results) + 1)),
    ]
    rows = [
        _row([what, *(_MARKS[found[test]] for found in results.values())])
        for test, what in CAPABILITIES.items()
    ]
    gaps = [
        f"- **{version}**, {CAPABILITIES[test]}: {why}"
        for version in results
        for test, why in KNOWN_GAPS.get(version, {}).items()
        if results[version][test] == LITELLMS
    ]
    return "\n".join([*head, *rows, "", "## What LiteLLM cannot there", "", *gaps, "", *NOTES, ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
