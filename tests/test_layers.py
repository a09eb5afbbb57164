"""Who may import whom (ARCHITECTURE.md), read from the imports themselves."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("litellm_proxy", "translation", "models", "provider")
PURE_PARTS_OF_THE_PROXY = (
    "litellm_proxy.wire",
    "litellm_proxy.settings",
    "litellm_proxy.errors",
    "litellm_proxy.answers",
    "litellm_proxy.event_loop",
    "litellm_proxy.limits",
)
ROOMS: dict[str, set[str]] = {
    "form": set(),
    "errors": {"form"},
    "facts": {"form"},
    "validation": {"form", "facts", "errors"},
    "request": {"form", "facts", "errors"},
    "answer": {"form", "facts", "errors"},
}
"""Into which other rooms of `translation` each may look; what lies beside them all may use."""
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def imported(file: Path) -> set[str]:
    """Return the modules that a file imports, with the names taken from packages."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: the SDK's loader needs absolute imports"
            modules.add(node.module or "")
    return modules


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_arrows(file: Path) -> None:
    package = file.relative_to(ROOT).parts[0]
    for module in imported(file):
        top = module.partition(".")[0]
        assert top not in {"tools", "tests", "admin", "harness", "requests", "openai", "asyncio"}, (
            module
        )
        if package == "litellm_proxy":
            assert top not in {"dify_plugin", "translation", "models", "provider"}, module
        if package == "translation":
            assert top not in {"models", "provider", "time", "threading", "os"}, module
            assert top != "litellm_proxy" or module.startswith(PURE_PARTS_OF_THE_PROXY), module
        # The SDK runs these files itself: an import would run them twice.
        assert module not in {"provider.litellm", "main"}, module
        assert not (top == "models" and module.count(".") == 2), module


COMMANDS: dict[str, set[str]] = {
    "admin": {"harness"},
    "tools": {"admin", "harness"},
    "harness": set(),
}
"""Commands of administrators, the workshop, and what both share: what of these each may import."""


@pytest.mark.parametrize("package", COMMANDS)
def test_commands_do_not_import_in_circles(package: str) -> None:
    others = {*COMMANDS, "tests"} - {package} - COMMANDS[package]
    for file in (ROOT / package).rglob("*.py"):
        for module in imported(file):
            assert module.partition(".")[0] not in others, f"{file}: {module}"


def test_every_room_of_the_translation_is_told_here() -> None:
    rooms = {init.parent.name for init in (ROOT / "translation").glob("*/__init__.py")}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("file", sorted((ROOT / "translation").rglob("*.py")),
                         ids=lambda file: str(file.relative_to(ROOT)))  # fmt: skip
def test_arrows_between_rooms(file: Path) -> None:
    own = file.relative_to(ROOT).parts[1]
    for module in imported(file):
        parts = module.split(".")
        if parts[0] == "translation" and len(parts) > 1 and parts[1] in ROOMS:
            assert parts[1] == own or parts[1] in ROOMS.get(own, set()), module


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


def test_what_lies_beside_the_rooms_looks_into_none() -> None:
    for file in (ROOT / "translation").glob("*.py"):
        rooms = {m for m in imported(file) if m.split(".")[0] == "translation" and m.count(".") > 1}
        assert not rooms, file
