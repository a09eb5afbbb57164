"""`python -m admin names`: Dify's names in LiteLLM."""

import json

import pytest

from admin.__main__ import main
from tests.admin.litellm import SEEN, LiteLLM, error
from tests.sync.console import AWAY, Console
from translation.request.options import hashed_user

IN_STEP, WOULD_CHANGE, FAILED = range(3)
ACCOUNT, OTHER = "1e5c0000-account", "77aa0000-account"


@pytest.fixture(autouse=True)
def seen(litellm: LiteLLM, dify: Console) -> None:
    dify.apps = [("Support", ""), ("Sales", ""), ("Never called", "")]
    dify.accounts = [{"id": ACCOUNT, "name": "Alice", "email": "alice@example.org"},
                     {"id": OTHER, "name": "Bob", "email": "bob@example.org"}]  # fmt: skip
    litellm.tags = [
        {"name": "dify-app:0", "description": SEEN, "models": None},
        {"name": "dify-app:1", "description": "Dify app: Former name", "models": ["gpt-4o"]},
        {"name": "dify-app:gone", "description": SEEN, "models": None},
        {"name": "cost-centre:1", "description": SEEN, "models": None},
    ]
    litellm.customers = [
        {"user_id": ACCOUNT, "alias": None, "blocked": True},
        {"user_id": hashed_user(OTHER), "alias": None, "blocked": False},
        {"user_id": "visitor", "alias": None, "blocked": False},
    ]


def names(litellm: LiteLLM, *options: str) -> int:
    return main(["names", litellm.url, *options])


def described(litellm: LiteLLM) -> dict[str, str]:
    return {tag["name"]: tag["description"] for tag in litellm.tags}


def aliases(litellm: LiteLLM) -> dict[str, str | None]:
    return {each["user_id"]: each["alias"] for each in litellm.customers}


def test_what_would_change_is_listed_and_nothing_is_changed(
    litellm: LiteLLM, capsys: pytest.CaptureFixture[str]
) -> None:
    assert names(litellm) == WOULD_CHANGE
    assert litellm.changed == []
    out = capsys.readouterr().out
    for words in ("dify-app:0", "Dify app: Support", "Dify app: Former name", "--apply does it"):
        assert words in out
    assert "alice" not in out


def test_apps_are_named_and_accounts_only_on_request(litellm: LiteLLM) -> None:
    assert names(litellm, "--apply") == IN_STEP
    assert described(litellm) == {
        "dify-app:0": "Dify app: Support", "dify-app:1": "Dify app: Sales",
        "dify-app:gone": SEEN, "cost-centre:1": SEEN,
    }  # fmt: skip
    assert litellm.changed == ["/tag/new", "/tag/update"]
    assert set(aliases(litellm).values()) == {None}
    assert names(litellm) == IN_STEP
    assert names(litellm, "--emails", "--apply") == IN_STEP
    assert aliases(litellm) == {
        ACCOUNT: "alice@example.org", hashed_user(OTHER): "bob@example.org", "visitor": None
    }  # fmt: skip
    assert names(litellm, "--emails") == IN_STEP


def test_what_else_LiteLLM_knows_stays(litellm: LiteLLM) -> None:  # noqa: N802
    names(litellm, "--emails", "--apply")
    assert [tag["models"] for tag in litellm.tags if tag["name"] == "dify-app:1"] == [["gpt-4o"]]
    assert [each["blocked"] for each in litellm.customers] == [True, False, False]


def test_a_name_that_somebody_wrote_stays(
    litellm: LiteLLM, capsys: pytest.CaptureFixture[str]
) -> None:
    litellm.tags[0]["description"] = "Ours, ask Ann"
    litellm.customers[0]["alias"] = "Alice M."
    assert names(litellm, "--emails", "--apply") == IN_STEP
    assert described(litellm)["dify-app:0"] == "Ours, ask Ann"
    assert aliases(litellm)[ACCOUNT] == "Alice M."
    assert "--overwrite replaces it" in capsys.readouterr().out
    assert names(litellm, "--emails", "--overwrite", "--apply") == IN_STEP
    assert described(litellm)["dify-app:0"] == "Dify app: Support"
    assert aliases(litellm)[ACCOUNT] == "alice@example.org"


@pytest.mark.parametrize("step", range(4))
def test_a_fault_at_each_step(
    litellm: LiteLLM, step: int, capsys: pytest.CaptureFixture[str]
) -> None:
    litellm.fault_at, litellm.fault = step, error(500, "Broken")
    assert names(litellm, "--emails", "--apply") == FAILED
    err = capsys.readouterr().err
    assert f'LiteLLM answered 500: "Broken". {step} names are written; run it again' in err
    assert names(litellm, "--emails", "--apply") == IN_STEP
    assert described(litellm)["dify-app:1"] == "Dify app: Sales"
    assert aliases(litellm)[ACCOUNT] == "alice@example.org"


@pytest.mark.parametrize("where", ["dify", "litellm", "key"])
def test_nobody_there_and_a_wrong_key(
    litellm: LiteLLM,
    dify: Console,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    match where:
        case "dify":
            dify.faults["members"] = AWAY
        case "litellm":
            litellm.faults["/tag/list"] = AWAY
        case _:
            monkeypatch.setenv("LITELLM_API_KEY", "sk-of-somebody-else")
    assert names(litellm, "--apply") == FAILED
    assert litellm.changed == []
    err = capsys.readouterr().err
    assert err.strip()
    assert "Traceback" not in err
    assert "sk-of" not in err


def test_json(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    assert names(litellm, "--json", "--apply") == IN_STEP
    told = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in told["changes"]] == ["Dify app: Support", "Dify app: Sales"]
    assert told["applied"] is True
