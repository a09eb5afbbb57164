"""QUALITY.yaml is true to the tree."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "QUALITY.yaml").read_text()
RULES: dict[str, dict[str, str]] = yaml.safe_load(TEXT)["rules"]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_done_and_proven_or_open_or_exempt_with_a_reason(name: str) -> None:
    rule = RULES[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    match rule["status"]:
        case "done":
            assert rule.keys() == {"status", "what", "proof"}
            proofs = [proof.strip() for proof in rule["proof"].split(",")]
            assert proofs
            for proof in proofs:
                assert_is_there(proof)
            behaviour = [proof for proof in proofs if ".py" in proof]
            # A file exists whatever it tests.
            assert not behaviour or any("::" in proof for proof in behaviour), "names_no_test"
        case "todo":
            assert rule.keys() == {"status", "what"}
        case "exempt":
            assert rule.keys() == {"status", "what", "reason"}
        case other:
            pytest.fail(f"{name} is {other}")


def test_no_key_is_doubled() -> None:
    """YAML keeps the last of two equal keys, so the first is checked by nothing."""
    pending = [yaml.compose(TEXT)]
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert sorted(keys) == sorted(set(keys))
            pending += [value for _, value in node.value]


def assert_is_there(proof: str) -> None:
    """A file, or `file::test` of a test that the file holds."""
    file, _, test = proof.partition("::")
    source = ROOT / file
    assert source.is_file(), proof
    if file.endswith(".py"):
        assert "\ndef test_" in source.read_text(), proof
    if test:
        assert f"\ndef {test}(" in source.read_text(), proof


def test_every_test_file_proves_something_or_is_a_tool_of_one() -> None:
    """What is tested and stands in no rule is a rule that nobody wrote down."""
    proven = {proof.strip().partition("::")[0] for rule in rules("done")
              for proof in rule["proof"].split(",")}  # fmt: skip
    files = {
        str(file.relative_to(ROOT))
        for folder in ("stdio", "engine", "soak", "fuzz", "models", "catalog", "promises", "sync")
        for file in (ROOT / "tests" / folder).glob("test_*.py")
    }
    assert files <= proven


def rules(status: str) -> list[dict[str, Any]]:
    return [rule for rule in RULES.values() if rule["status"] == status]
