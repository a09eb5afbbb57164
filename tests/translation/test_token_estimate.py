from dify_plugin.entities.model.message import PromptMessageTool, UserPromptMessage

from translation.token_estimate import estimate_prompt_tokens, estimate_tokens


def test_the_estimate_follows_the_text() -> None:
    assert estimate_tokens("") == 0
    assert 8 <= estimate_tokens("The quick brown fox jumps over the lazy dog.") <= 12
    assert 4 <= estimate_tokens("今日は良い天気です") <= 12
    assert estimate_tokens("a b " * 1000) == 1000 * estimate_tokens("a b ")


def test_tools_and_roles_count() -> None:
    messages = [UserPromptMessage(content="Hello")]
    tool = PromptMessageTool(name="f", description="does things", parameters={})
    alone = estimate_prompt_tokens(messages, [])
    assert alone > estimate_tokens("Hello")
    assert estimate_prompt_tokens(messages, [tool]) > alone
