"""Create pyproject.toml and uv.lock for a package, from its requirements.txt.

Dify's daemon since 0.5.3 installs from them unless a mirror of the package index is set, and its
official repository requires them. They are created with the package and are not in this repository,
as a lock names the package index in every line.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml
from uv import find_uv_bin

from admin.run_tool import run_tool


def with_lock(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Add pyproject.toml and uv.lock with the dependencies of requirements.txt.

    Reads uv's configured package index. Raises CommandError if that fails.
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
    """Return pyproject.toml, not as a package: Dify runs the files in place."""
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
