"""A package that brings its wheels, from a folder of wheels in place of an index."""

import argparse
import zipfile
from pathlib import Path

import pytest

from admin import offline
from admin.command_error import CommandError
from admin.offline import platforms_of, with_wheels

REQUIREMENTS = b"native==2.0\npure==1.1 ; sys_platform == 'linux'\n"
FILES = {"requirements.txt": REQUIREMENTS, "main.py": b""}


def wheel(folder: Path, name: str, version: str, tag: str) -> str:
    """Write a wheel without code."""
    file = f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / file, "w") as archive:
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return file


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    for version in ("1.1", "1.2"):
        wheel(folder, "pure", version, "py3-none-any")
    for machine in ("x86_64", "aarch64"):
        wheel(folder, "native", "2.0", f"cp312-cp312-manylinux_2_17_{machine}")
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_the_tested_versions_of_each_platform_are_in_it() -> None:
    files = with_wheels(FILES, ["amd64", "arm64"])
    assert sorted(name for name in files if name.startswith("wheels/")) == [
        "wheels/native-2.0-cp312-cp312-manylinux_2_17_aarch64.whl",
        "wheels/native-2.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "wheels/pure-1.1-py3-none-any.whl",
    ]
    assert files["requirements.txt"] == b"--no-index\n--find-links ./wheels/\n" + REQUIREMENTS
    assert files["main.py"] == b""
    assert FILES["requirements.txt"] == REQUIREMENTS
    assert with_wheels(FILES, ["amd64", "arm64"]) == files
    assert len(with_wheels(FILES, ["amd64"])) == 4


def test_a_wheel_that_cannot_be_had_is_named(index: Path) -> None:
    (index / "native-2.0-cp312-cp312-manylinux_2_17_aarch64.whl").unlink()
    with pytest.raises(CommandError, match=r"^The wheels for arm64 cannot be had: .*native"):
        with_wheels(FILES, ["arm64"])


@pytest.mark.parametrize("text", ["", "riscv", "amd64,riscv"])
def test_other_platforms_are_refused(text: str) -> None:
    with pytest.raises(CommandError, match="amd64 and arm64"):
        platforms_of(text)
    assert platforms_of("amd64, arm64") == ["amd64", "arm64"]


def test_without_the_option_no_wheel_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "with_wheels", None)
    files = offline.packed_for(argparse.Namespace(offline=False, platforms="amd64"))
    assert not any(name.startswith("wheels/") for name in files)
