"""`python -m admin sync --config fleet.yaml`: several workspaces from one file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from admin.__main__ import main
from admin.catalogue import reading
from admin.catalogue.choices import ChoicesError
from admin.catalogue.fleet import read_fleet
from admin.dify import apply
from admin.proxy_models import ProxyModels
from litellm_proxy.wire.model_facts import ModelFacts
from tests.sync.console import ADMIN_KEY, AWAY, WORKSPACE, Console
from translation.facts.discovery import LISTING, Discovery

IN_STEP, WOULD_CHANGE, FAILED, REFUSED = range(4)
PROXY = "http://127.0.0.1:9"

type Write = Callable[..., Path]


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    facts = Discovery({LISTING: ModelFacts(mode="chat")})
    models = ProxyModels({"gpt-4": facts, "gpt-5": facts}, (), {}, {}, {})
    monkeypatch.setattr(reading, "read_models", lambda _: models)
    for name in ("DIFY_URL", "DIFY_ADMIN_KEY", "DIFY_WORKSPACE", "LITELLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEY_ONE", "sk-of-the-first-team")
    monkeypatch.setenv("DIFY_KEY", ADMIN_KEY)
    monkeypatch.setattr(apply, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(apply, "INSTALL_SECONDS", 1.0)
    monkeypatch.setattr(apply, "LISTED_SECONDS", 1.0)
    with Console() as console:
        yield console


@pytest.fixture
def two() -> Iterator[Console]:
    with Console() as console:
        yield console


@pytest.fixture
def fleet(one: Console, two: Console, tmp_path: Path) -> Write:
    (tmp_path / "key-two").write_text("sk-of-the-second-team\n")

    def write(**second: Any) -> Path:
        file = tmp_path / "fleet.yaml"
        targets = [
            {"name": "one", "dify_url": one.url, "api_key_env": "KEY_ONE", "include": "gpt-4"},
            {
                "name": "two",
                "dify_url": two.url,
                "api_key_file": str(tmp_path / "key-two"),
                **second,
            },
        ]
        defaults = {"base_url": PROXY, "workspace": WORKSPACE, "dify_admin_key_env": "DIFY_KEY"}
        file.write_text(yaml.safe_dump({"defaults": defaults, "targets": targets}))
        return file

    return write


def sync(file: Path, *options: str) -> int:
    return main(["sync", "--config", str(file), *options])


def test_all_are_planned_and_nothing_is_changed(
    fleet: Write, one: Console, two: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync(fleet()) == WOULD_CHANGE
    assert (one.changed, two.changed) == ([], [])
    out = capsys.readouterr().out
    for words in ("one", "two", "gpt-4", "gpt-5", "--apply does it"):
        assert words in out


def test_each_gets_its_own_key_and_models(
    fleet: Write, one: Console, two: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync(fleet(), "--apply") == IN_STEP
    assert (one.changed, two.changed) == (["install", "key"], ["install", "key"])
    assert one.key
    assert two.key
    assert [one.key["api_key"], two.key["api_key"]] == [
        "sk-of-the-first-team",
        "sk-of-the-second-team",
    ]
    assert [len(console._models()) for console in (one, two)] == [1, 2]
    shown = capsys.readouterr()
    assert "In step now: 1 models" in shown.out
    for secret in ("sk-of-the", ADMIN_KEY):
        assert secret not in shown.out + shown.err
    one.changed.clear()
    assert sync(fleet(), "--apply") == IN_STEP
    assert one.changed == []


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"api_key_file": "/nowhere/key"}, "/nowhere/key: No such file or directory."),
        ({"dify_admin_key_env": "UNSET"}, "A login for Dify is missing: set UNSET"),
        ({"include": ["nothing-*"]}, "Left out: 2 not included"),
    ],
)
def test_one_that_fails_does_not_stop_the_others(
    fleet: Write,
    one: Console,
    second: dict[str, Any],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert sync(fleet(**second), "--apply") == FAILED
    assert one.changed == ["install", "key"]
    assert words in " ".join(capsys.readouterr().out.split())


def test_the_exit_status_is_the_worst(
    fleet: Write, one: Console, two: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    sync(fleet(), "--apply")
    app = "app: {name: one}\nmodel: {provider: litellm-community/litellm/litellm, name: gpt-5}\n"
    two.apps = [("Support", app)]
    assert sync(fleet(include="gpt-4")) == REFUSED
    one.faults["system-features"] = AWAY
    capsys.readouterr()
    assert sync(fleet(include="gpt-4"), "--json") == FAILED
    told = json.loads(capsys.readouterr().out)["targets"]
    assert [told[name]["status"] for name in ("one", "two")] == [FAILED, REFUSED]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("targets: []", "targets must be a list such as"),
        ("targets: {}", "targets must be a list such as"),
        ("targets: [a]", "targets must be a list such as"),
        ("targets: [{name: a}]\ndefaults: [a]", "defaults a mapping"),
        ("targets: [{}]", "number 1: name: Field required"),
        ("targets: [{name: a, key: b}]", "a: key: there is no such option; there are base_url"),
        ("targets: [{name: a, workspace: w}, {name: a}]", 'two targets are called "a"'),
        ("targets: [{name: a}, {name: b}]", '"a" and "b" are the same workspace'),
        (
            "targets: [{name: a}]\nother: 1",
            "other: there is no such field; there are defaults and targets",
        ),
        ("targets: [{name: a, modes: [x]}]", '"x" is none of chat'),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(text)
    with pytest.raises(ChoicesError) as caught:
        read_fleet(file)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(file))


def test_a_file_for_one_workspace_is_no_fleet(tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text("include: [gpt-*]")
    assert read_fleet(file) is None
