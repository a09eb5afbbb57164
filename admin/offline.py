"""Add wheels to a package, for installation without a package index.

The daemon runs `uv pip install -r requirements.txt` in the plugin's folder, without variables for
uv. So the options are written into requirements.txt itself.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from admin.command_error import CommandError
from admin.package import packed
from admin.run_tool import run_tool

PLATFORMS: Mapping[str, tuple[str, ...]] = {
    "amd64": ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64"),
    "arm64": ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64"),
}
"""Platform tags of the wheels for each platform; Dify's daemon runs on glibc."""
WHEELS = "wheels"
_REQUIREMENTS = "requirements.txt"
_PYTHON = "3.12"
progress = Console(highlight=False, stderr=True)


def with_wheels(files: Mapping[str, bytes], platforms: Sequence[str]) -> dict[str, bytes]:
    """Return the files, plus the wheels of requirements.txt for these platforms.

    Downloads from pip's configured package index. Raises CommandError if a download fails.
    """
    wheels = _downloaded(files[_REQUIREMENTS], platforms)
    offline = f"--no-index\n--find-links ./{WHEELS}/\n".encode() + files[_REQUIREMENTS]
    return {
        **files,
        **{f"{WHEELS}/{name}": data for name, data in wheels.items()},
        _REQUIREMENTS: offline,
    }


def add_offline_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for a package with wheels."""
    parser.add_argument("--offline", action="store_true",
                        help="bring the wheels, for a Dify that reaches no package index")  # fmt: skip
    parser.add_argument("--platforms", default="amd64", metavar="amd64,arm64",
                        help="of the hosts of Dify's daemon (default: %(default)s)")  # fmt: skip


def packed_for(options: argparse.Namespace, repo: str = "", contact: str = "") -> dict[str, bytes]:
    """Return the plugin's files, with wheels if the options request them."""
    files = packed(repo, contact)
    if not options.offline:
        return files
    platforms = platforms_of(options.platforms)
    with progress.status(f"Fetching wheels for {' and '.join(platforms)} …"):
        return with_wheels(files, platforms)


def platforms_of(text: str) -> list[str]:
    """Parse a list such as `amd64,arm64`; raise CommandError for an unknown platform."""
    named = [word.strip() for word in text.split(",") if word.strip()]
    if not named or not set(named) <= set(PLATFORMS):
        message = f'Platforms are {" and ".join(PLATFORMS)}, separated by commas, not "{text}".'
        raise CommandError(message)
    return named


def _downloaded(requirements: bytes, platforms: Sequence[str]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = folder / "requirements.txt"
        asked.write_bytes(requirements)
        target = folder / WHEELS
        target.mkdir()
        for platform in platforms:
            _download(asked, target, platform)
        return {wheel.name: wheel.read_bytes() for wheel in sorted(target.iterdir())}


def _download(asked: Path, target: Path, platform: str) -> None:
    tags = [option for tag in PLATFORMS[platform] for option in ("--platform", tag)]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--only-binary=:all:", "--python-version", _PYTHON, "--implementation", "cp", *tags,
        "--dest", str(target), "--requirement", str(asked),
    ]  # fmt: skip
    run_tool(command, f"The wheels for {platform} cannot be had")
