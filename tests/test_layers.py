"""What no linter holds: no decision by a model's name, and a map of the code that is true.

Who may import whom is held by `make check` (.importlinter).
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("litellm_proxy", "translation", "models", "provider")
COMMANDS = ("admin", "tools", "harness")
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def test_imports_keep_to_the_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_nothing_decides_by_a_models_name() -> None:
    providers = {"gemini"}  # LiteLLM's name of a provider, and of no model.
    families = ("gpt", "claude", "gemini", "llama", "qwen", "deepseek", "mistral")
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.lower()
                is_code = " " not in words and "\n" not in words and words not in providers
                assert not (is_code and any(words.startswith(family) for family in families)), file


def test_the_map_names_files_that_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"[\w/]+\.py\b", text))
    folders = [ROOT / name for name in (*PACKAGES, *COMMANDS, "tests")]
    files = [ROOT / "main.py", *(file for folder in folders for file in folder.rglob("*.py"))]
    missing = [name for name in named if not any(str(f).endswith(f"/{name}") for f in files)]
    assert named
    assert not missing
