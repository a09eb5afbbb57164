"""The rules that an app builder sees, with their bounds and neutral values."""

import pytest
from dify_plugin.entities.model import ParameterRule

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from translation.facts.model_view import ModelView
from translation.facts.parameter_rules import parameter_rules
from translation.form.settings import parse_settings

FORM = {"base_url": "http://h", "settings": "custom"}
TABLE = {
    "max_tokens": ("int", 1, 4096, None, 0),
    "temperature": ("float", 0, 1, 2, 2),
    "top_p": ("float", 0, 1, 1, 2),
    "presence_penalty": ("float", -2, 0, 2, 2),
    "frequency_penalty": ("float", -2, 0, 2, 2),
    "seed": ("int", 0, 1, 2**31 - 1, 0),
}


def test_numbers() -> None:
    rules = {
        rule.name: rule
        for rule in parameter_rules(ModelView(parse_settings("m", FORM), NOTHING_KNOWN))
    }
    told = {
        name: (rule.type.value, rule.min, rule.default, rule.max, rule.precision)
        for name, rule in rules.items() if name in TABLE
    }  # fmt: skip
    assert told == TABLE
    for rule in rules.values():
        assert rule.label.en_us if rule.label else False
        assert rule.help
        assert rule.help.zh_hans
        assert not rule.required
        assert rule.use_template is None


@pytest.mark.parametrize(("most", "neutral"), [(100, 100), (4096, 4096), (100_000, 4096)])
def test_max_tokens_start_at_what_is_useful(most: int, neutral: int) -> None:
    rules = parameter_rules(
        ModelView(parse_settings("m", FORM), ModelFacts(max_output_tokens=most))
    )
    assert (rules[0].name, rules[0].default, rules[0].max) == ("max_tokens", neutral, most)


def test_a_switch_that_is_turned_on_is_on() -> None:
    facts = ModelFacts(web_search=True, supported_params=("web_search_options",))
    rules = {
        rule.name: rule for rule in parameter_rules(ModelView(parse_settings("m", FORM), facts))
    }
    assert (rules["web_search"].type.value, rules["web_search"].default) == ("boolean", True)


def test_options_and_texts() -> None:
    facts = ModelFacts(reasoning=True, reasoning_efforts=("low", "max"), response_schema=True)
    rules = {
        rule.name: rule for rule in parameter_rules(ModelView(parse_settings("m", FORM), facts))
    }
    assert rules["reasoning_effort"].options == ["low", "max"]
    assert rules["response_format"].options == ["text", "json_object", "json_schema"]
    assert {rules[name].type.value for name in ("json_schema", "extra_body")} == {"text"}
    lines = [rules[name] for name in ("end_user", "tags", "session")]
    assert {(rule.type.value, tuple(rule.options)) for rule in lines} == {("string", ())}
    plain = {
        rule.name: rule
        for rule in parameter_rules(ModelView(parse_settings("m", FORM), NOTHING_KNOWN))
    }
    assert "reasoning_effort" not in plain
    assert plain["response_format"].options == ["text", "json_object", "json_schema"]
    no = parse_settings("m", {**FORM, "settings": "custom", "structured_output": "no"})
    without = {rule.name: rule for rule in parameter_rules(ModelView(no, NOTHING_KNOWN))}
    assert without["response_format"].options == ["text", "json_object"]


FORM_OF_A_MODEL = {"base_url": "http://h", "settings": "custom", "keys": '{"a": "sk-1"}'}
OF_CHATS = ("thinking", "verbosity", "web_search_options", "reasoning_effort", "response_format")
FACTS = ModelFacts(
    mode="responses", reasoning=True, web_search=True,
    supported_params=(*OF_CHATS, "temperature", "top_p", "seed", "max_tokens"),
)  # fmt: skip


def rules_by_name(mode: str) -> dict[str, ParameterRule]:
    settings = parse_settings("m", {**FORM_OF_A_MODEL, "mode": mode})
    return {rule.name: rule for rule in parameter_rules(ModelView(settings, FACTS))}


@pytest.mark.parametrize(
    ("mode", "name", "label"),
    [
        ("chat", "temperature", "Temperature"),
        ("chat", "max_tokens", "Max Tokens"),
        ("chat", "reasoning_effort", "Reasoning Effort"),
        ("chat", "reasoning_summary", "Reasoning Summary"),
        ("chat", "thinking_budget", "Thinking Budget"),
        ("chat", "web_search", "Web Search"),
        ("chat", "response_format", "Response Format"),
        ("chat", "json_schema", "JSON Schema"),
        ("chat", "key", "Team Key"),
        ("chat", "end_user", "User for LiteLLM"),
        ("image", "size", "Size"),
        ("image", "output_format", "Output Format"),
    ],
)
def test_a_parameter_has_a_label(mode: str, name: str, label: str) -> None:
    rule = rules_by_name(mode)[name]
    assert rule.label
    assert rule.label.en_us == label


@pytest.mark.parametrize("mode", ["chat", "image"])
def test_each_parameter_is_explained_in_two_languages(mode: str) -> None:
    for name, rule in rules_by_name(mode).items():
        assert rule.label, name
        assert rule.help, name
        # The SDK puts English where another language is missing.
        for text in (rule.label, rule.help):
            assert text.en_us == text.ja_jp == text.pt_br, name
        assert len({rule.help.en_us, rule.help.zh_hans} - {None, ""}) == 2, name
