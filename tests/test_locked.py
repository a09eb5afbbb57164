"""Whatever way Dify's daemon installs a package, it gets what was tested."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from admin.command_error import CommandError
from admin.package import packed
from tests.test_offline import wheel
from tools.locked import with_lock

ROOT = Path(__file__).parent.parent
MANIFEST = b"version: 1.2.3\n"
_PINNED = re.compile(r"^([a-z0-9-]+)==([^\s;\\]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return dict(_PINNED.findall((ROOT / name).read_text()))


def closure(asked: list[str]) -> set[str]:
    """Return the names of these packages and of all that they need here, from what is installed."""
    found: set[str] = set()
    waiting = [Requirement(line) for line in asked]
    while waiting:
        each = waiting.pop()
        name = each.name.lower().replace("_", "-").replace(".", "-")
        needed = [Requirement(line) for line in requires(name) or ()]
        extras = ["", *each.extras]
        waiting += [
            one
            for one in needed
            if name not in found or each.extras
            if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in extras)
        ]
        found.add(name)
    return found


def test_requirements_name_what_was_tested_and_all_of_it() -> None:
    requirements, tested = pins("requirements.txt"), pins("requirements/dev.txt")
    assert requirements.items() <= tested.items()
    asked = (ROOT / "requirements/plugin.in").read_text().splitlines()
    assert closure([line for line in asked if not line.startswith("#")]) <= set(requirements)


def test_every_requirement_is_exact() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert len(pins("requirements.txt")) == len(lines)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_OFFLINE", "1")
    for version in ("1.1", "1.2"):
        wheel(tmp_path, "pure", version, "py3-none-any")
    return tmp_path


@pytest.mark.usefixtures("index")
def test_the_lock_is_of_the_same_requirements() -> None:
    files = {
        "manifest.yaml": MANIFEST,
        "requirements.txt": b"pure==1.1 ; sys_platform == 'linux'\n",
    }
    locked = with_lock(files)
    assert set(locked) == {*files, "pyproject.toml", "uv.lock"}
    project = tomllib.loads(locked["pyproject.toml"].decode())
    assert project["project"]["dependencies"] == ["pure==1.1 ; sys_platform == 'linux'"]
    assert project["project"]["version"] == "1.2.3"
    assert project["tool"]["uv"]["package"] is False
    assert "build-system" not in project
    versions = {
        row["name"]: row["version"] for row in tomllib.loads(locked["uv.lock"].decode())["package"]
    }
    assert versions == {"litellm": "1.2.3", "pure": "1.1"}
    assert with_lock(files) == locked


@pytest.mark.usefixtures("index")
def test_what_cannot_be_locked_is_named() -> None:
    files = {"manifest.yaml": MANIFEST, "requirements.txt": b"pure==7.0\n"}
    with pytest.raises(CommandError, match=r"^uv.lock cannot be made: .*pure==7.0"):
        with_lock(files)


def test_no_source_file_is_a_project_with_tool_tables_alone() -> None:
    assert "pyproject.toml" not in packed()
