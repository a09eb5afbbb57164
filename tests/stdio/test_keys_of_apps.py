"""A key per app or team, and several credentials of one model: who pays, and that nothing leaks."""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest

from harness.plugin_process import PluginError, PluginProcess
from tests.support import openai_format as openai
from tests.support.environment import HAS_LOG, Environment

KEYS = {"marketing": "sk-tenant-one", "app-1": "Bearer sk-tenant-two", "narrow": "sk-restricted"}
_REQUEST: dict[str, Any] = {
    "prompt_messages": [{"role": "user", "content": "Hello"}],
    "tools": None,
    "stop": None,
    "stream": True,
}


SECRETS = ("sk-tenant-one", "sk-tenant-two", "sk-restricted", "sk-blocked", "sk-no-models")


def digest(key: str) -> str:
    """Return what LiteLLM books calls with a key to."""
    return sha256(key.encode()).hexdigest()


def form(env: Environment, keys: object = KEYS, **more: str) -> dict[str, str]:
    told = keys if isinstance(keys, str) else json.dumps(keys)
    return {**env.credentials, "settings": "custom", "keys": told, **more}


def paid_by(env: Environment, name: str, session: str = "", **fields: Any) -> str:
    """Ask, and return whom LiteLLM booked the call to."""
    env.upstream.on(name, openai.text_stream("Hi"))
    parameters = {"session": name, **fields.pop("parameters", {})}
    env.chat(f"scenario/{name}", model_parameters=parameters, **fields)
    return str(env.attributed(trace_id=session or name)["key"])


def test_an_app_chooses_among_the_keys_of_the_form(env: Environment) -> None:
    credentials = form(env)
    assert paid_by(env, "own-key", credentials=credentials) == digest(env.key)
    for chosen, key in (("marketing", "sk-tenant-one"), ("app-1", "sk-tenant-two")):
        payer = paid_by(env, f"key-{chosen}", credentials=credentials, parameters={"key": chosen})
        assert payer == digest(key)


def test_the_parameter_is_there_where_the_form_has_keys(env: Environment) -> None:
    def names(credentials: dict[str, str]) -> set[str]:
        answer = next(env.plugin.call("get_ai_model_schemas", "gpt-4", credentials))
        return {rule["name"] for rule in answer["model_schema"]["parameter_rules"]}

    assert "key" in names(form(env))
    assert "key" not in names(env.credentials)


def test_an_id_of_an_app_names_a_key_too(env: Environment) -> None:
    env.upstream.on("by-app-id", openai.text_stream("Hi"))
    answers = env.plugin.call(
        "invoke_llm",
        "scenario/by-app-id",
        form(env),
        model_parameters={"session": "by-app-id"},
        app_id="app-1",
        **_REQUEST,
    )
    list(answers)
    assert env.attributed(trace_id="by-app-id")["key"] == digest("sk-tenant-two")


@pytest.mark.parametrize(
    ("keys", "chosen", "told"),
    [
        (KEYS, "sales", "The model's form has no key of this name: add it to Named Keys for Apps"),
        (KEYS, "{{#sys.app_id#}}", "Team Key takes no variables in this kind of app: enter a name"),
        (
            "",
            "marketing",
            "The model's form has no key of this name: add it to Named Keys for Apps",
        ),
    ],
)
def test_a_key_that_is_not_there_is_no_call_with_another(
    env: Environment, keys: object, chosen: str, told: str
) -> None:
    before = env.upstream.posts
    with pytest.raises(PluginError) as error:
        env.chat("gpt-4", credentials=form(env, keys), model_parameters={"key": chosen})
    assert error.value.error_type == "InvokeBadRequestError"
    assert told in error.value.message
    assert not [
        word for word in ("app-1", "narrow", "sales", *SECRETS) if word in error.value.message
    ]
    assert env.upstream.posts == before


@pytest.mark.skipif(not HAS_LOG, reason="the log of Dify's cloud is elsewhere")
@pytest.mark.parametrize(
    "name",
    [
        "sk-pasted-by-mistake",
        "Bearer sk-ab12cd34",
        "my secret is 12345",
        "sales-team",
        "{{#sys.query#}}",
    ],
)
def test_what_an_app_gives_as_a_name_is_in_no_log(env: Environment, name: str) -> None:
    """It may be a key, or what a user typed. A digest of it and the number of names are logged."""
    start = len(env.plugin.lines)
    with pytest.raises(PluginError):
        env.chat("gpt-4", credentials=form(env), model_parameters={"key": name})
    lines = env.plugin.lines[start:]
    assert not [
        line
        for line in lines
        if name.encode() in line or name.rsplit(maxsplit=1)[-1].encode() in line
    ]
    assert not [line for line in lines for secret in SECRETS if secret.encode() in line]
    digest = sha256(name.encode()).hexdigest()[:8]
    (line,) = [line for line in lines if digest.encode() in line]
    assert b"not among the 3 named ones" in line


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("[]", "Named Keys for Apps must be a JSON object"),
        (
            '{"a": 1}',
            "Named Keys for Apps must be a JSON object of names (up to 255 characters) and LiteLLM's keys",
        ),
        ('{"a": "sk-1234567", "a ": "sk-7654321"}', 'Named Keys for Apps has "a" twice'),
        ('{"": "sk-1234567"}', "a JSON object of names (up to 255 characters) and LiteLLM's keys"),
        ('{"a": "sk-\\u00e9"}', "a JSON object of names (up to 255 characters) and LiteLLM's keys"),
        (
            {"team": "sk-tenant-one", "gone": "sk-blocked"},
            'Named Keys for Apps, "gone": API key was rejected: check it. (LiteLLM 401: Key is blocked',
        ),
        ({"team": "sk-no-models"}, 'Named Keys for Apps, "team": API key may not use "gpt-4".'),
    ],
)
def test_keys_are_tried_when_the_form_is_saved(env: Environment, keys: object, told: str) -> None:
    before = env.upstream.posts
    with pytest.raises(PluginError) as error:
        validate(env.plugin, form(env, keys))
    assert told in error.value.message
    assert not [secret for secret in SECRETS if secret in error.value.message]
    assert env.upstream.posts == before


@pytest.mark.parametrize("own", [True, False])
def test_a_key_that_is_rejected_when_saving_is_in_the_log_with_a_call_id(
    env: Environment,
    own: bool,  # noqa: FBT001
) -> None:
    start = len(env.plugin.lines)
    keys = {} if own else {"gone": "sk-blocked"}
    rejected = {**form(env, keys), **({"api_key": "sk-blocked"} if own else {})}
    with pytest.raises(PluginError):
        validate(env.plugin, rejected)
    log = [line for line in env.plugin.lines[start:] if b"Key is blocked" in line]
    assert not HAS_LOG or any(b"llm gpt-4" in line and b"(call id " in line for line in log)


def test_keys_that_work_are_saved(env: Environment) -> None:
    stored = validate(env.plugin, form(env))
    assert "sk-tenant-one" not in stored["__litellm_facts"]


def validate(plugin: PluginProcess, credentials: dict[str, str]) -> dict[str, str]:
    answer = next(plugin.call("validate_model_credentials", "gpt-4", credentials))
    saved: dict[str, str] = answer["credentials"]
    return saved


def test_credentials_of_one_model_do_not_mix(env: Environment) -> None:
    """Dify's "Authorization Name": the same model with several forms, in turn and at once."""
    env.upstream.on("gpt-4o", openai.text_stream("Hi"))
    forms = {
        f"{name}-{number}": {
            "base_url": env.proxy_url,
            "api_key": f"sk-tenant-{name}",
            "settings": "custom",
            "tags": f"of-{name}",
            "input_price": price,
            "end_user": end_user,
        }
        for number in range(6)
        for name, price, end_user in (("one", "1000 / 0", "raw"), ("two", "2000 / 0", "off"))
    }

    def ask(session: str) -> list[dict[str, Any]]:
        parameters = {"session": f"credentials-{session}"}
        return env.chat(
            "known-gpt-4o",
            credentials=forms[session],
            model_parameters=parameters,
            user_id=f"user-{session}",
        )

    with ThreadPoolExecutor(len(forms)) as threads:
        answers = dict(zip(forms, threads.map(ask, forms), strict=True))
    for session, credentials in forms.items():
        row = env.attributed(trace_id=f"credentials-{session}")
        name = session.partition("-")[0]
        assert row["key"] == digest(credentials["api_key"])
        assert f"of-{name}" in row["request_tags"]
        assert not {"of-one", "of-two"} - {f"of-{name}"} & set(row["request_tags"])
        assert row["end_user"] == (f"user-{session}" if name == "one" else None)
        cost = float(answers[session][-1]["usage"]["total_price"])
        assert cost == pytest.approx(11e-3 if name == "one" else 22e-3)
