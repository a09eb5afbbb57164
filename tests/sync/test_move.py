"""Moving apps to this provider: names and nothing else."""

from pathlib import Path

import pytest

from admin.__main__ import main
from admin.dify.app_file import models_in, moved

OURS = "litellm-community/litellm/litellm"
OLD = "langgenius/openai_api_compatible/openai_api_compatible"
APP = """\
# a comment: with provider: openai_api_compatible
app: {name: "one"}   \r
workflow:
  nodes:
  - data:
      model:
        completion_params: {temperature: 0.7}
        mode: chat
        name: gpt4
        provider: langgenius/openai_api_compatible/openai_api_compatible
  - data: {model: {provider: 'openai_api_compatible', name: "gpt4", mode: chat}}
  - data: {model: {provider: langgenius/openai/openai, name: gpt4}}
  - data:
      text: "provider: openai_api_compatible\\nname: gpt4"
  - data: {embedding_provider_name: openai_api_compatible, embedding_model_name: 'it''s small'}
"""


def test_what_an_app_names() -> None:
    assert [(named.provider, named.model, named.line) for named in models_in(APP)] == [
        (OLD, "gpt4", 9), ("openai_api_compatible", "gpt4", 11),
        ("langgenius/openai/openai", "gpt4", 12), ("openai_api_compatible", "it's small", 15),
    ]  # fmt: skip


def test_names_change_and_no_other_byte() -> None:
    names = {"gpt4": "team: chat", "it's small": "it's tiny"}
    text, changed = moved(APP, "openai_api_compatible", OURS, names)
    assert len(changed) == 3
    expected = (
        APP.replace(f"provider: {OLD}", f"provider: {OURS}")
        .replace("name: gpt4\n", "name: 'team: chat'\n")
        .replace(
            "provider: 'openai_api_compatible', name: \"gpt4\"",
            f"provider: '{OURS}', name: \"team: chat\"",
        )
        .replace(
            "embedding_provider_name: openai_api_compatible", f"embedding_provider_name: {OURS}"
        )
        .replace("'it''s small'", "'it''s tiny'")
    )
    assert text == expected


def test_a_provider_in_full_is_only_itself() -> None:
    _, changed = moved(APP, OLD, OURS, {})
    assert len(changed) == 1


@pytest.mark.parametrize(
    "app", sorted(Path("examples/apps").glob("*.yml")), ids=lambda app: app.stem
)
def test_our_own_apps_go_there_and_back(app: Path) -> None:
    text = app.read_text()
    there, changed = moved(text, OURS, OLD, {})
    assert changed
    assert there != text
    assert moved(there, OLD, OURS, {})[0] == text


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "app.yml"
    file.write_bytes(APP.encode())
    command = ["move", str(file), "--from", "openai_api_compatible", "--name", "gpt4=gpt-4o"]
    assert main(command) == 1
    assert file.read_bytes() == APP.encode()
    assert main([*command, "--apply"]) == 0
    assert (
        file.read_bytes()
        == moved(APP, "openai_api_compatible", OURS, {"gpt4": "gpt-4o"})[0].encode()
    )
    assert main(command) == 0
    assert "Nothing to change" in capsys.readouterr().out
    names = tmp_path / "names.yaml"
    names.write_text("[a")
    for wrong in (["--names", str(names)], ["--name", "a"], ["--names", str(tmp_path / "none")]):
        assert main(["move", str(file), "--from", "openai", *wrong]) == 2
    file.write_text("a: [")
    assert main(command) == 2
    file.write_bytes(b"\xff")
    assert main(command) == 2
