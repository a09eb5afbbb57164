"""pyproject.toml and uv.lock for a package, from its requirements.txt.

Dify's daemon since 0.5.3 installs from them unless a mirror of the package index is set, and its official repository demands them. They are made when the package
is built, and not kept: a lock names the package index in every line.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml
from uv import find_uv_bin

from admin.run_tool import run_tool


def with_lock(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with pyproject.toml and uv.lock, which ask for what requirements.txt asks for.

    Asks the package index that uv is set up for. Raises CommandError if that fails.
    """
    project = _project(files)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").write_text(project)
        command = [find_uv_bin(), "lock", "--quiet", "--python", sys.executable]
        run_tool(command, "uv.lock cannot be made", folder)
        lock = (folder / "uv.lock").read_bytes()
    return {**files, "pyproject.toml": project.encode(), "uv.lock": lock}


def _project(files: Mapping[str, bytes]) -> str:
    """Return a project that is not a Python package: Dify runs its files where they lie."""
    version = yaml.safe_load(files["manifest.yaml"])["version"]
    asked = files["requirements.txt"].decode().splitlines()
    dependencies = "".join(f'    "{line}",\n' for line in asked)
    return f"""[project]
name = "litellm"
version = "{version}"
requires-python = "==3.12.*"
dependencies = [
{dependencies}]

[tool.uv]
package = false
"""
