"""The estimate of tokens, kind of text by kind of text."""

import pytest
from dify_plugin.entities.model.message import PromptMessageTool, UserPromptMessage

from translation.token_estimate import estimate_prompt_tokens, estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello", 1),
        ("7", 1),
        ("1234567", 3),
        ("1" * 300, 100),
        ("привет", 2),
        ("д" * 1000, 280),
        ("?", 1),
        ("?!" * 50, 11),
    ],
)
def test_a_kind_of_text_weighs_what_vocabularies_make_of_it(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_a_prompt_is_its_texts_its_tools_and_a_little_for_each_role() -> None:
    messages = [UserPromptMessage(content="hello"), UserPromptMessage(content="7")]
    assert estimate_prompt_tokens(messages, []) == 10
    assert estimate_prompt_tokens([], []) == 0
    tool = PromptMessageTool(name="f", description="", parameters={})
    assert estimate_prompt_tokens(messages, [tool]) == 10 + 13
