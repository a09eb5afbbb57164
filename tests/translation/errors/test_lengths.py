"""Every message that the product raises for people is short enough to be read in Dify's page."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
RAISED = {
    "RequestError", "SettingsError", "UnknownKeyError", "InvokeBadRequestError",
    "InvokeServerUnavailableError", "ProxyProtocolError",
}  # fmt: skip
MAX_CHARACTERS = 140
PLACEHOLDER = "x" * 12
"""What a name or a number takes; names are cut at 40 characters."""


def template(node: ast.expr, assigned: dict[str, ast.expr]) -> str | None:
    """Return the text of a string, with placeholders where it holds values; None for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(template(part, assigned) or PLACEHOLDER for part in parts)
        case ast.Name(id=name) if name in assigned:
            return template(assigned[name], {})
        case _:
            return None


def raised(path: Path) -> Iterator[tuple[str, str]]:
    """Yield place and text of each message that a file raises or returns."""
    tree = ast.parse(path.read_text())
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.Module):
            continue
        assigned = dict(constants)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                assigned[node.targets[0].id] = node.value
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                name = node.func.id
                if name in RAISED and node.args and (text := template(node.args[0], assigned)):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def test_no_message_is_longer_than_people_can_read() -> None:
    found = dict(
        each
        for room in ("models", "translation", "litellm_proxy")
        for path in sorted((ROOT / room).rglob("*.py"))
        for each in raised(path)
    )
    assert len(found) > 60
    too_long = {place: text for place, text in found.items() if len(text) > MAX_CHARACTERS}
    assert too_long == {}
