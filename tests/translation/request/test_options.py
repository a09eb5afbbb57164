import json
from typing import Any

import pytest

from litellm_proxy.wire.options import NO_OPTIONS, RequestOptions
from litellm_proxy.wire.request import merged
from translation.form.reader import SettingsError
from translation.form.settings import Settings, parse_settings
from translation.request.options import probe_options, request_options


def settings(**form: str) -> Settings:
    return parse_settings("m", {"base_url": "http://h", "settings": "custom", **form})


def test_nothing_set_nothing_sent() -> None:
    assert NO_OPTIONS.request("/x", {"model": "m", "tools": None}).body() == {"model": "m"}
    assert request_options(settings(end_user="off"), "user-1") == RequestOptions()


def test_every_option_has_its_place_in_the_body() -> None:
    form = settings(tags="a, b", drop_params="yes", extra_body='{"cache": {"no-cache": true}}')
    options = request_options(form, "user-1", app_id="app-1", parameters={"session": "c-1"})
    assert options.request("/x", {"model": "m"}).body() == {
        "model": "m",
        "litellm_metadata": {"user": "user-1"},
        "litellm_trace_id": "c-1",
        "drop_params": True,
        "metadata": {"tags": ["a", "b", "dify-app:app-1"]},
        "cache": {"no-cache": True},
    }


@pytest.mark.parametrize(
    ("base", "over", "both"),
    [
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"cache": {"a": 1}}, {"cache": {"b": 2}}, {"cache": {"b": 2}}),
        ({"metadata": {"a": 1}}, {"metadata": {"b": 2}}, {"metadata": {"a": 1, "b": 2}}),
        ({"metadata": {"a": {"b": 1}}}, {"metadata": {"a": {"c": 2}}},
         {"metadata": {"a": {"b": 1, "c": 2}}}),
        ({"metadata": {"tags": ["a", "b"]}}, {"metadata": {"tags": ["b", "c"]}},
         {"metadata": {"tags": ["a", "b", "c"]}}),
        ({"metadata": {"list": [1]}}, {"metadata": {"list": [2]}}, {"metadata": {"list": [2]}}),
        ({"metadata": "text"}, {"metadata": {"a": 1}}, {"metadata": {"a": 1}}),
    ],
)  # fmt: skip
def test_bodies_are_merged(base: Any, over: Any, both: Any) -> None:
    before = json.dumps([base, over])
    assert merged(base, over) == both
    assert json.dumps([base, over]) == before


def test_the_options_of_a_stream_are_the_plugins() -> None:
    options = request_options(settings(extra_body='{"stream_options": true}'))
    assert not options.extra


@pytest.mark.parametrize(
    "extra",
    [
        '{"n": 3}',
        "[]",
        "5",
        '"a"',
        "{",
        "[" * 5000,
        '{"a": Infinity}',
        '{"a": 1e999}',
        '{"timeout": 5}',
        '{"stream": false}',
    ],
)
def test_what_cannot_be_extra_is_refused(extra: str) -> None:
    with pytest.raises(SettingsError, match="Extra Fields"):
        request_options(settings(), parameters={"extra_body": extra})


@pytest.mark.parametrize("name", ["extra_headers", "headers", "provider_specific_header"])
def test_headers_for_the_provider_are_the_administrators_to_set(name: str) -> None:
    headers = {name: {"x-a": "b"}}
    extra = json.dumps(headers)
    assert request_options(settings(extra_body=extra)).extra == headers
    nested = json.dumps({"fallbacks": ["m", {"model": "m2", **headers}]})
    for by_app in (extra, nested):
        with pytest.raises(SettingsError, match=f"cannot set {name}"):
            request_options(settings(), parameters={"extra_body": by_app})


@pytest.mark.parametrize(
    "extra",
    [
        {"metadata": None},
        {"metadata": "x"},
        {"metadata": {"tags": "a"}},
        {"tags": "a"},
        {"tags": [1]},
    ],
)
def test_metadata_and_tags_that_ours_cannot_be_joined_with_are_refused(extra: Any) -> None:
    with pytest.raises(SettingsError, match=r"Extra Fields: (metadata|tags) must be"):
        request_options(settings(extra_body=json.dumps(extra)))


def test_a_call_wins_over_the_form_also_where_parameters_are_dropped() -> None:
    form = settings(drop_params="yes", extra_body='{"tags": ["f"]}')
    assert request_options(form).extra == {"drop_params": True, "tags": ["f"]}
    by_app = {"extra_body": '{"drop_params": false, "tags": ["c"]}'}
    options = request_options(form, parameters=by_app)
    assert options.extra == {"drop_params": False, "tags": ["f", "c"]}


def test_a_blank_parameter_is_none() -> None:
    assert request_options(settings(), parameters={"extra_body": " \n"}).extra == {}


def test_a_question_of_the_plugin_itself_has_a_user_too() -> None:
    assert probe_options(settings()).user == "dify"
    assert probe_options(settings(end_user="off")).user is None


def test_a_form_has_texts_only() -> None:
    """What a header can hold is there: old versions of LiteLLM read no objects in forms."""
    options = RequestOptions(user="é", tags=("ü",), extra={"language": "de", "temperature": 0.5})
    assert options.request("/x", {"model": "m"}).to_form() == {
        "model": "m",
        "language": "de",
        "temperature": "0.5",
        "litellm_metadata": '{"user": "\\u00e9"}',
        "metadata": '{"tags": ["\\u00fc"]}',
    }
    assert options.request("/x", {}).identity_headers() == {}
    plain = RequestOptions(user="e", tags=("t", "u"))
    assert plain.request("/x", {"model": "m"}).to_form() == {"model": "m"}
    assert plain.request("/x", {}).identity_headers() == {
        "x-litellm-end-user-id": "e",
        "x-litellm-tags": "t,u",
    }


def test_what_the_app_says_wins_over_the_form_and_over_dify() -> None:
    said = {"end_user": " alice ", "tags": "app:a1，team-a", "session": "s-1"}
    form = settings(end_user="off", tags="team-a, beta")
    options = request_options(form, "user-1", parameters=said)
    assert (options.user, options.session_id) == ("alice", "s-1")
    assert options.tags == ("team-a", "beta", "app:a1")
    assert request_options(settings(end_user="hashed"), "u", parameters=said).user == "alice"


@pytest.mark.parametrize(
    "value", ["", "  ", None, "{{#sys.user_id#}}", "x-{{#sys.app_id#}}", "{{a}}"]
)
def test_blank_and_unresolved_values_are_as_if_not_set(value: str | None) -> None:
    said = dict.fromkeys(("end_user", "tags", "session"), value)
    options = request_options(settings(tags="t"), "user-1", parameters=said)
    assert (options.user, options.tags, options.session_id) == ("user-1", ("t",), None)


CALLER_HEADERS = (
    '{"x-user": "{{user}}", "x-from": "dify/{{ app }}/{{session}}", "x-team": "search"}'
)


@pytest.mark.parametrize(
    ("user", "app", "parameters", "headers"),
    [
        ("u-1", "a-1", {"session": "s-1"}, {"x-user": "u-1", "x-from": "dify/a-1/s-1"}),
        ("u-1", None, {"session": "s-1"}, {"x-user": "u-1"}),
        ("u-1", "a-1", {"end_user": "ann@example.org"}, {"x-user": "ann@example.org"}),
        (None, None, {}, {}),
        ("Müller", "a-1", {"session": "a\nb"}, {}),
        ("{{user}}", None, {}, {"x-user": "{{user}}"}),
        ("a\\1, b", None, {}, {"x-user": "a\\1, b"}),
    ],
)
def test_headers_that_name_the_caller(
    user: str | None, app: str | None, parameters: dict[str, Any], headers: dict[str, str]
) -> None:
    form = settings(extra_headers=CALLER_HEADERS)
    assert form.proxy.extra_headers == (("x-team", "search"),)
    assert request_options(form, user, app_id=app, parameters=parameters).headers == headers


def test_a_header_of_the_end_user_is_as_private_as_the_end_user() -> None:
    headers = '{"x-user": "{{user}}"}'
    hashed = settings(extra_headers=headers, end_user="hashed")
    sent = request_options(hashed, "u-1")
    assert sent.headers == {"x-user": sent.user}
    assert sent.user != "u-1"
    off = settings(extra_headers=headers, end_user="off")
    assert request_options(off, "u-1").headers == {}
    assert probe_options(hashed).headers == {"x-user": "dify"}
    assert probe_options(off).headers == {}


def test_the_fixed_part_of_a_header_is_a_secret() -> None:
    form = settings(extra_headers='{"x-user": "Bearer gateway-secret {{user}}"}')
    assert any("gateway-secret" in secret for secret in form.proxy.secrets)
    assert "gateway-secret" not in repr(form)


@pytest.mark.parametrize("name", ["User", "email", "", "#sys.user_id#", "user.id"])
def test_an_unknown_placeholder_is_named(name: str) -> None:
    text = '{"x-user": "{{NAME}}"}'.replace("NAME", name)
    with pytest.raises(SettingsError) as caught:
        settings(extra_headers=text)
    assert str(caught.value).startswith(f"Extra Headers cannot use {{{{{name}}}}}: ")


def test_of_several_tags_the_resolved_ones_count() -> None:
    said = {"tags": "app:{{#sys.app_id#}}, cost-centre:4711"}
    assert request_options(settings(), parameters=said).tags == ("cost-centre:4711",)


def test_a_number_that_dify_made_of_a_text_is_a_text() -> None:
    said = {"end_user": 123, "tags": 4711, "session": 1.5}
    options = request_options(settings(), parameters=said)
    assert (options.user, options.tags, options.session_id) == ("123", ("4711",), "1.5")


@pytest.mark.parametrize("name", ["end_user", "session", "tags"])
def test_what_the_app_says_has_bounds(name: str) -> None:
    with pytest.raises(SettingsError, match="must have at most"):
        request_options(settings(), parameters={name: "x" * 3000})


def test_a_variable_that_breaks_json_is_named() -> None:
    question = 'He said "no"'
    with pytest.raises(SettingsError) as caught:
        request_options(settings(), parameters={"extra_body": f'{{"note": "{question}"}}'})
    assert str(caught.value).startswith("Extra Fields must be a JSON object")
    assert "A variable in it may have held a quotation mark or a line break." in str(caught.value)
    assert "no" not in str(caught.value).split()


def test_the_tag_of_the_app_can_be_turned_off() -> None:
    options = request_options(settings(tags="a, -dify-app"), app_id="app-1")
    assert options.request("/x", {}).body() == {"metadata": {"tags": ["a"]}}
