"""The line of a call, as Dify's daemon receives it from the real process."""

import json
from dataclasses import replace

import pytest

from models.call_log import VARIABLE
from tests.support import openai_format as openai
from tests.support.environment import HAS_LOG, Environment, judged_plugin


@pytest.mark.skipif(not HAS_LOG, reason="the log of Dify's cloud is elsewhere")
def test_the_daemon_is_told_a_line_for_each_call_where_it_is_wanted(env: Environment) -> None:
    env.upstream.on("described", openai.text_stream("Good ", "morning"))
    with judged_plugin({VARIABLE: "true"}) as plugin:
        watched = replace(env, plugin=plugin)
        watched.chat("described", "A private question")
        told = [json.loads(line) for line in plugin.lines if b'"log"' in line]
    (line,) = [each["data"] for each in told if each["data"]["message"].startswith("call ")]
    assert line["level"] == "INFO"
    assert 'model="described" status=ok' in line["message"]
    assert "cost_usd=0.0000250" in line["message"]
    assert "call_id=" in line["message"]
    assert "private" not in line["message"]
    env.chat("described")
    assert not any(b"call kind=" in line for line in env.plugin.lines)
