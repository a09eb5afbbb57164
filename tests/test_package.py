"""What goes into the package."""

import zipfile
from pathlib import Path

from tools.package import build, packed_files

ROOT = Path(__file__).parent.parent


def test_the_package_holds_what_runs_and_nothing_else() -> None:
    files = packed_files()
    assert {"manifest.yaml", "main.py", "requirements.txt", "provider/litellm.yaml"} <= set(files)
    for package in ("litellm_proxy", "translation", "models", "provider"):
        sources = {str(file.relative_to(ROOT)) for file in (ROOT / package).rglob("*.py")}
        assert sources <= set(files)
    tops = {name.partition("/")[0] for name in files}
    assert not tops & {"tests", "tools", "requirements", "examples", "Makefile", ".git"}
    assert not [name for name in files if name.endswith((".pyc", ".env", ".log", ".pem", ".key"))]


def test_the_same_files_give_the_same_bytes_in_difys_layout(tmp_path: Path) -> None:
    target = ROOT / "dist" / "test.difypkg"
    try:
        build(target)
        first = target.read_bytes()
        build(target)
        assert target.read_bytes() == first
        names = zipfile.ZipFile(target).namelist()
    finally:
        target.unlink()
    assert names == sorted(names)
    assert not [name for name in names if name.endswith("/") or "\\" in name]
