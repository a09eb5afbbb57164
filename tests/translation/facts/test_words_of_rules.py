"""What the page of an app shows of each parameter: a label and a help text in two languages."""

import pytest
from dify_plugin.entities.model import ParameterRule

from litellm_proxy.wire.model_facts import ModelFacts
from translation.facts.model_view import ModelView
from translation.facts.parameter_rules import parameter_rules
from translation.form.settings import parse_settings

FORM = {"base_url": "http://h", "settings": "custom", "keys": '{"a": "sk-1"}'}
OF_CHATS = ("thinking", "verbosity", "web_search_options", "reasoning_effort", "response_format")
FACTS = ModelFacts(
    mode="responses", reasoning=True, web_search=True,
    supported_params=(*OF_CHATS, "temperature", "top_p", "seed", "max_tokens"),
)  # fmt: skip


def rules_by_name(mode: str) -> dict[str, ParameterRule]:
    settings = parse_settings("m", {**FORM, "mode": mode})
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
