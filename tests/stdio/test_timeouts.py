"""A call ends with our sentence before Dify ends it with words of its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from harness.plugin_process import PluginError, PluginProcess
from harness.upstream import Pause, Upstream
from tests.support import openai_format as openai
from tests.support.environment import Environment, judged_plugin

DIFYS_LIMIT = "4"
FIELDS: dict[str, Any] = {"model_parameters": {}, "tools": None, "stop": None, "stream": True}
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def hurried() -> Iterator[PluginProcess]:
    """The plugin under a daemon that ends calls early."""
    with judged_plugin({"PLUGIN_MAX_EXECUTION_TIMEOUT": DIFYS_LIMIT}) as plugin:
        yield plugin


def ask(plugin: PluginProcess, upstream: Upstream, **form: str) -> str:
    form = {"base_url": upstream.url, **form}
    answers = plugin.call("invoke_llm", "m", form, prompt_messages=HELLO, **FIELDS)
    return "".join(answer["delta"]["message"]["content"] for answer in answers)


def test_litellm_gets_the_time_out_of_the_form_and_no_other(
    env: Environment, upstream: Upstream
) -> None:
    """It would win over a deployment's own time-out, and its fallback would never come."""
    upstream.on("m", openai.text_stream("Hello"))
    assert ask(env.plugin, upstream) == "Hello"
    assert "x-litellm-timeout" not in upstream.asked[-1].headers
    ask(env.plugin, upstream, settings="custom", timeout="30")
    assert upstream.asked[-1].headers["x-litellm-timeout"] == "30"


@pytest.mark.parametrize(
    ("pieces", "form", "says"),
    [
        # A runaway answer: never silent, never done.
        ([step for _ in range(80) for step in (openai.delta(content="x"), Pause(0.1))], {}, "No complete answer (answer too slow); try again"),
        # Silent for longer than is left, though the form would wait.
        ([openai.delta(content="x"), Pause(8)], {"settings": "custom", "timeout": "4"}, "No complete answer (answer too slow); try again"),
        ([openai.delta(content="x"), Pause(8)], {}, "No complete answer (no answer in time); try again"),
    ],
    ids=["runaway", "patient-form", "silent"],
)  # fmt: skip
def test_a_call_ends_with_a_sentence_before_dify_ends_it(
    hurried: PluginProcess,
    upstream: Upstream,
    pieces: list[Any],
    form: dict[str, str],
    says: str,
) -> None:
    upstream.on("m", openai.stream(*pieces))
    with pytest.raises(PluginError) as caught:
        ask(hurried, upstream, **form)
    assert caught.value.error_type == "InvokeConnectionError"
    assert says in caught.value.message
    assert "raise Timeout" in caught.value.message


def test_the_form_takes_as_much_as_the_daemon_does(hurried: PluginProcess) -> None:
    form = {"base_url": "http://127.0.0.1:1", "settings": "custom", "timeout": "5"}
    with pytest.raises(PluginError, match="seconds from 1 to 4"):
        list(hurried.call("validate_model_credentials", "m", form))
