"""`python -m admin rotate`, also with a fault at each step."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from admin.__main__ import main
from harness.upstream import Reply
from tests.admin.litellm import LOST, LiteLLM, error
from tests.sync.console import AWAY, Console, Installed, refusal

DONE, WOULD_CHANGE, FAILED = range(3)
RIGHTS: dict[str, Any] = {
    "key_alias": "dify", "models": ["gpt-4o"], "max_budget": 100.0, "budget_duration": "30d", "spend": 12.5,
    "rpm_limit": 300, "team_id": "t-1", "metadata": {"tags": ["dify"]},
}  # fmt: skip
MODEL = {"model": "gpt-4o", "model_type": "llm"}


@pytest.fixture
def key(dify: Console, litellm: LiteLLM) -> str:
    """One key in three forms: the provider's, and two of a model."""
    key = litellm.issue(**RIGHTS)
    dify.installed = dify.seen = Installed("p", "github", [])
    form = {"base_url": litellm.url, "api_key": key, "settings": "custom", "tags": "a"}
    dify.saved = {
        "c-1": (None, dict(form)),
        "c-2": (MODEL, {**form, "extra_headers": '{"x-a": "b"}', "keys": '{"m": "sk-other"}'}),
        "c-3": (MODEL, dict(form)),
    }
    dify.works = lambda values: litellm.works(values["api_key"])
    return key


def rotate(litellm: LiteLLM, *options: str) -> int:
    return main(["rotate", litellm.url, *options])


def keys_in(dify: Console) -> set[str]:
    return {values["api_key"] for _, values in dify.saved.values()}


def row(litellm: LiteLLM, key: str) -> dict[str, Any]:
    return litellm.keys[sha256(key.encode()).hexdigest()]


def test_what_would_be_done_is_listed_and_nothing_is_done(
    dify: Console, litellm: LiteLLM, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rotate(litellm) == WOULD_CHANGE
    assert (litellm.changed, dify.changed, keys_in(dify)) == ([], [], {key})
    out = capsys.readouterr().out
    for words in (f"dify (sk-...{key[-4:]})", "the provider (key c-1), gpt-4o, gpt-4o", "--apply does it",
                  "Named Keys for Apps are not replaced"):  # fmt: skip
        assert words in out


def test_a_new_key_with_the_same_rights_and_nothing_of_it_is_printed(
    dify: Console, litellm: LiteLLM, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rotate(litellm, "--apply", "--grace", "2h") == DONE
    (new,) = keys_in(dify)
    assert new != key
    fresh, old = row(litellm, new), row(litellm, key)
    assert {name: fresh[name] for name in RIGHTS if name != "metadata"} == {
        name: value for name, value in RIGHTS.items() if name != "metadata"
    }
    assert fresh["metadata"]["tags"] == ["dify"]
    assert old["key_alias"].startswith("dify-replaced-")
    left = datetime.fromisoformat(old["expires"]) - datetime.now(UTC)
    assert timedelta(hours=1.9) < left < timedelta(hours=2)
    assert litellm.works(key)
    before = dify.saved["c-2"][1]
    assert (before["extra_headers"], before["keys"]) == ('{"x-a": "b"}', '{"m": "sk-other"}')
    shown = capsys.readouterr()
    for secret in (key, new, key[3:], new[3:]):
        assert secret not in shown.out + shown.err


def test_the_next_run_deletes_what_has_expired_and_replaces_again(
    dify: Console, litellm: LiteLLM, key: str
) -> None:
    rotate(litellm, "--apply")
    (second,) = keys_in(dify)
    row(litellm, key)["expires"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert rotate(litellm, "--apply") == DONE
    assert sha256(key.encode()).hexdigest() not in litellm.keys
    (third,) = keys_in(dify)
    assert len({key, second, third}) == 3
    assert row(litellm, third)["key_alias"] == "dify"


def test_a_key_that_two_workspaces_have(
    dify: Console, litellm: LiteLLM, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row(litellm, key)["expires"] = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    with Console() as other:
        other.installed = other.seen = Installed("p", "github", [])
        other.saved = {"o-1": (None, {"base_url": litellm.url, "api_key": key})}
        other.works = dify.works
        assert rotate(litellm, "--apply") == DONE
        monkeypatch.setenv("DIFY_URL", other.url)
        assert rotate(litellm, "--older-than", "90", "--apply") == DONE
        (second,) = keys_in(other)
        assert rotate(litellm, "--older-than", "90") == DONE
    (first,) = keys_in(dify)
    assert len({key, first, second}) == 3
    assert [row(litellm, each)["key_alias"] for each in (first, second)] == ["dify", "dify-2"]
    for each, days in ((key, 0), (first, 59), (second, 59)):
        expires = datetime.fromisoformat(row(litellm, each)["expires"])
        assert (expires - datetime.now(UTC)).days == days
        assert litellm.works(each)
    assert row(litellm, second)["max_budget"] == 100


def test_only_old_keys_on_request(dify: Console, litellm: LiteLLM, key: str) -> None:
    assert rotate(litellm, "--older-than", "90", "--apply") == DONE
    assert keys_in(dify) == {key}
    row(litellm, key)["created_at"] = (datetime.now(UTC) - timedelta(days=91)).isoformat()
    assert rotate(litellm, "--older-than", "90", "--apply") == DONE
    assert key not in keys_in(dify)


FAULTS: list[Reply | str] = [LOST, error(500, "Broken")]


@pytest.mark.parametrize("fault", FAULTS, ids=["lost", "500"])
@pytest.mark.parametrize("step", range(5))
def test_a_fault_of_litellm_at_each_step(
    dify: Console, litellm: LiteLLM, key: str, step: int, fault: Reply | str
) -> None:
    # /key/generate, /key/update (shown), /key/update (old), /key/update (alias): the last number never fails.
    litellm.fault_at, litellm.fault = step, fault
    first = rotate(litellm, "--apply")
    # A request whose answer is lost may be sent again.
    assert first in ({FAILED} if step < 4 and fault is not LOST else {DONE, FAILED})
    assert all(map(litellm.works, keys_in(dify)))
    litellm.fault_at = None
    assert rotate(litellm, "--apply") == DONE
    is_rotated(dify, litellm, key)


@pytest.mark.parametrize(
    "fault", [AWAY, refusal(400, "invalid_param", "The model is away.")], ids=["lost", "400"]
)
@pytest.mark.parametrize("done", range(3))
def test_a_fault_of_dify_at_each_form(
    dify: Console,
    litellm: LiteLLM,
    key: str,
    done: int,
    fault: Reply,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dify.form_fault_at, dify.form_fault = done, fault
    assert rotate(litellm, "--apply") == FAILED
    assert "both keys work" in capsys.readouterr().err
    assert all(map(litellm.works, keys_in(dify)))
    dify.form_fault_at = None
    assert rotate(litellm, "--apply") == DONE
    is_rotated(dify, litellm, key)


def is_rotated(dify: Console, litellm: LiteLLM, key: str) -> None:
    """All forms have one key, which is not the old one and has its alias; all others expire."""
    (new,) = keys_in(dify)
    assert new != key
    assert row(litellm, new)["key_alias"] == "dify"
    others = [
        row for token, row in litellm.keys.items() if token != sha256(new.encode()).hexdigest()
    ]
    assert all(other["expires"] for other in others)
    assert rotate(litellm, "--older-than", "1") == DONE


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"api_key": ""}, "it has no API key"),
        ({"api_key": "sk-master-key-of-litellm-000"}, "it may be the master key"),
        ({"api_key": "short"}, "it may be the master key"),
    ],
)
def test_a_form_whose_key_is_unknown_is_left_out(
    dify: Console,
    litellm: LiteLLM,
    key: str,
    changed: dict[str, str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, values = dify.saved["c-3"]
    dify.saved["c-3"] = (model, {**values, **changed})
    assert rotate(litellm, "--apply") == DONE
    assert dify.saved["c-3"][1]["api_key"] == changed["api_key"]
    assert key not in {dify.saved[id_][1]["api_key"] for id_ in ("c-1", "c-2")}
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("changed", [{"blocked": True}, {"expires": "2020-01-01T00:00:00Z"}])
def test_a_key_that_litellm_rejects_is_not_given_a_new_life(
    dify: Console,
    litellm: LiteLLM,
    key: str,
    changed: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    row(litellm, key).update(changed)
    assert rotate(litellm, "--apply") == DONE
    assert keys_in(dify) == {key}
    assert "its key dify is blocked or has expired in LiteLLM" in capsys.readouterr().out


def test_two_keys_that_dify_shows_alike_need_an_alias(
    dify: Console, litellm: LiteLLM, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    like = litellm.issue(key_alias="another")
    row(litellm, like)["key_name"] = f"sk-...xx{key[-2:]}"
    assert rotate(litellm, "--apply") == DONE
    assert keys_in(dify) == {key}
    assert "could be any of another, dify: name one with --alias" in capsys.readouterr().out
    assert rotate(litellm, "--alias", "dify", "--apply") == DONE
    assert key not in keys_in(dify)
    assert row(litellm, like)["key_alias"] == "another"


def test_a_key_that_is_not_given_the_same_rights_is_not_used(
    dify: Console,
    litellm: LiteLLM,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    issue = litellm.issue
    monkeypatch.setattr(litellm, "issue", lambda **fields: issue(**{**fields, "max_budget": None}))
    assert rotate(litellm, "--apply") == FAILED
    assert "gave the new key another max_budget" in capsys.readouterr().err
    assert keys_in(dify) == {key}
    assert len(litellm.keys) == 1


def test_a_key_that_is_no_administrators(
    litellm: LiteLLM, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LITELLM_API_KEY", key)
    assert rotate(litellm) == FAILED
    shown = capsys.readouterr()
    assert "API key may not call this endpoint" in shown.err
    assert key not in shown.out + shown.err


@pytest.mark.usefixtures("key")
def test_json(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotate(litellm, "--json") == WOULD_CHANGE
    told = json.loads(capsys.readouterr().out)
    assert told["applied"] is False
    assert told["replace"][0]["forms"] == ["the provider (key c-1)", "gpt-4o", "gpt-4o"]


@pytest.mark.parametrize("grace", ["", "1", "x", "24", "1w", "-1h"])
def test_a_grace_that_is_no_time(grace: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["rotate", "http://x", f"--grace={grace}"])
    assert "must be a time such as 30m, 24h or 7d" in capsys.readouterr().err
