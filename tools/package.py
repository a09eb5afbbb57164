"""Build `dist/litellm-<version>.difypkg`, and start the plugin from it as a check.

The layout is the one of Dify's own packager: a zip with deflate, sorted `/` names, no directory
entries, manifest.yaml at the root. What to leave out stands in `.difyignore`.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import yaml

from tools.child import free_port
from tools.plugin_process import PluginError, PluginProcess

ROOT = Path(__file__).parent.parent
MAX_BYTES = 50 * 1024 * 1024
"""Dify refuses larger packages; measured uncompressed."""
_FIXED_TIME = (2026, 1, 1, 0, 0, 0)
_READ_WRITE = 0o100644 << 16


def packed_files() -> list[str]:
    """Return the names of the files that git knows and `.difyignore` does not leave out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    lines = (ROOT / ".difyignore").read_text().splitlines()
    patterns = [line.rstrip("/") for line in lines if line and not line.startswith("#")]
    return sorted(
        name
        for name in set(listed)
        if (ROOT / name).is_file() and not _ignored(name.partition("/")[0], patterns)
    )


def _ignored(top: str, patterns: list[str]) -> bool:
    return any(fnmatch(top, pattern) for pattern in patterns)


def build(target: Path) -> None:
    """Write the package; the same files give the same bytes."""
    files = packed_files()
    size = sum((ROOT / name).stat().st_size for name in files)
    if size > MAX_BYTES:
        sys.exit(f"The package would hold {size} bytes; Dify takes {MAX_BYTES}.")
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name in files:
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _READ_WRITE
            package.writestr(entry, (ROOT / name).read_bytes())
    print(f"{target.relative_to(ROOT)}: {len(files)} files, {target.stat().st_size} bytes")


def check(package: Path) -> None:
    """Unpack into an empty folder, start the plugin there, and let it answer twice."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(package).extractall(folder)
        form = {"base_url": f"http://127.0.0.1:{free_port()}"}
        with PluginProcess(Path(folder)) as plugin:
            answer = next(plugin.call("get_ai_model_schemas", "any", form))
            assert answer["model_schema"]["model"] == "any"
            refused = _error_of(plugin.call("validate_model_credentials", "any", form))
            assert refused, "A form for a proxy that is not there was accepted."
            assert refused.error_type == "CredentialsValidateFailedError", refused
    print("The unpacked plugin starts and answers over stdio.")


def _error_of(answers: Iterator[object]) -> PluginError | None:
    try:
        list(answers)
    except PluginError as error:
        return error
    return None


def main() -> None:
    """Build and check."""
    version = yaml.safe_load((ROOT / "manifest.yaml").read_text())["version"]
    package = ROOT / "dist" / f"litellm-{version}.difypkg"
    build(package)
    check(package)


if __name__ == "__main__":
    main()
