"""No input of one tenant or upstream keeps the streams of others waiting.

What is bounded is the processor time between two looks at the sockets, which a busy machine does not
change; meanwhile a paced stream of another tenant, from another server, has to arrive whole.
"""

import fcntl
import resource
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.litellm_proxy_process import ROOT
from harness.plugin_process import PluginError, PluginProcess
from harness.upstream import Pause, Reply, Upstream
from litellm_proxy.limits import MAX_CALLS_PER_PROXY
from tests.stalls import measured_main
from tests.stalls.hostile import Answer, HostileServer
from tests.stalls.inputs import INPUTS, Input
from tests.support import openai_format as openai
from tests.support.socket_server import SocketServer

pytestmark = pytest.mark.slow

MAX_MILLISECONDS = 100.0
"""50 on two idle cores; a processor that is shared, or slower, takes longer for the same."""
PIECES = 10
MAX_MEGABYTES = 400
HUNG = MAX_CALLS_PER_PROXY + 100
CHAT: dict[str, Any] = {
    "prompt_messages": [{"role": "user", "content": "Hi"}],
    "model_parameters": {}, "tools": None, "stop": None, "stream": True,
}  # fmt: skip


class Measured:
    """The plugin, and how long the turns of its event loop were."""

    def __init__(self, plugin: PluginProcess, log: Path, paced: Upstream) -> None:
        self.plugin, self._log, self._paced = plugin, log, paced
        self._read = 0

    def longest_turn(self) -> float:
        """Return the longest turn (processor milliseconds) since this was asked last."""
        lines = self._log.read_text().splitlines()
        new, self._read = lines[self._read :], len(lines)
        return max(map(float, new), default=0.0)

    def paced_text(self) -> tuple[str, float]:
        """Return another tenant's answer, and its longest silence in seconds."""
        form = {"base_url": self._paced.url, "api_key": "sk-another-tenant"}
        text, longest, last = "", 0.0, None
        for chunk in self.plugin.call("invoke_llm", "paced", form, **CHAT):
            now = time.perf_counter()
            longest = max(longest, now - last) if last else 0.0
            last = now
            text += chunk["delta"]["message"]["content"]
        return text, longest

    def end_of(self, given: Input, url: str) -> str:
        """Make a call and read it to its end; return the error that it ended with, if any."""
        fields: dict[str, Any] = {**(CHAT if given.action == "invoke_llm" else {}), **given.fields}
        form = {"base_url": url, "api_key": "sk-tenant", **given.form}
        try:
            for _ in self.plugin.call(
                given.action, "hostile", form, model_type=given.model_type, **fields
            ):
                pass
        except PluginError as error:
            return error.message
        return ""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    log = tmp_path_factory.mktemp("stalls") / "turns.log"
    log.touch()
    module = measured_main.__name__
    env = {measured_main.VARIABLE: str(log)}
    with (
        Upstream() as paced,
        PluginProcess(ROOT, env=env, keep_lines=False, module=module) as plugin,
    ):
        reply = openai.text_stream(*(f"<{n}>" for n in range(PIECES)))
        pieces = [part for piece in reply.pieces for part in (piece, Pause(0.02))]
        paced.on("paced", Reply(pieces, content_type=reply.content_type))
        measured = Measured(plugin, log, paced)
        # The classes that read answers are built at first use.
        measured.paced_text()
        yield measured


@pytest.mark.parametrize("name", INPUTS)
def test_no_input_keeps_others_waiting(name: str, measured: Measured) -> None:
    given = INPUTS[name]
    with HostileServer() as server:
        server.answers = dict(given.answers)
        measured.longest_turn()
        ends: list[str] = []
        begun = time.perf_counter()
        call = threading.Thread(target=lambda: ends.append(measured.end_of(given, server.url)))
        call.start()
        text, silence = measured.paced_text()
        call.join()
        seconds = time.perf_counter() - begun
        longest = measured.longest_turn()
    told = f"{name}: turn {longest:.0f} ms, silence {1000 * silence:.0f} ms, {seconds:.1f} s: {ends[0][:100]}"
    print(told)  # noqa: T201 - the figures are wanted
    assert text == "".join(f"<{n}>" for n in range(PIECES))
    assert longest <= MAX_MILLISECONDS, told


def test_stdin_holds_a_picture_and_needs_no_thread(measured: Measured) -> None:
    """The SDK read 64 kB at a time: a picture of 3 MB beside many streams took seconds."""
    pipe = measured.plugin.stdin_number
    assert fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) >= 1024 * 1024
    picture = {
        "type": "image",
        "format": "png",
        "base64_data": "A" * 3_000_000,
        "mime_type": "image/png",
    }
    content = [{"type": "text", "data": "Hi"}, picture]
    fields = {**CHAT, "prompt_messages": [{"role": "user", "content": content}]}
    with HostileServer() as server:
        given = Input(
            {"/v1/chat/completions": Answer(lambda: [b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'], "application/json")},
            fields=fields, form={"settings": "custom", "vision": "yes"},
        )  # fmt: skip
        server.answers = dict(given.answers)
        assert measured.end_of(given, server.url) == ""


def test_hosts_whose_dns_does_not_answer_stop_nobody(measured: Measured) -> None:
    """They took the threads in which the SDK read stdin, so that no call of anybody even began."""
    ends: list[str] = []
    dead = [f"http://h{n}{measured_main.DEAD}:4000" for n in range(50)]
    calls = [threading.Thread(target=lambda url=url: ends.append(measured.end_of(Input(), url))) for url in dead]  # fmt: skip
    for call in calls:
        call.start()
    time.sleep(0.5)
    begun = time.perf_counter()
    text, _ = measured.paced_text()
    assert text
    with HostileServer() as server:
        assert measured.end_of(Input(), server.url.replace("127.0.0.1", "localhost"))
    assert time.perf_counter() - begun < measured_main.DEAD_SECONDS / 3
    for call in calls:
        call.join()
    assert all("cannot be reached" in end for end in ends), ends[0]


def test_hung_calls_of_one_tenant_leave_room_for_others(measured: Measured) -> None:
    """The SDK has 1000 workers for all."""
    with SilentServer() as server:
        form = {"base_url": f"http://127.0.0.1:{server.port}", "api_key": "sk-tenant"}
        calls = [measured.plugin.call("invoke_llm", "m", form, **CHAT) for _ in range(HUNG)]
        refused = [error_of(call) for call in calls[MAX_CALLS_PER_PROXY:]]
        assert {error.error_type for error in refused} == {"InvokeRateLimitError"}
        assert refused[0].message == (
            f"{MAX_CALLS_PER_PROXY} calls to this LiteLLM are running already; try again later, or set a "
            "shorter Timeout."
        )
        assert measured.paced_text()[0]
        server.let_go()
        errors = [error_of(call) for call in calls[:MAX_CALLS_PER_PROXY]]
        assert {error.error_type for error in errors} == {"InvokeConnectionError"}
        # The places are free again.
        assert error_of(measured.plugin.call("invoke_llm", "m", form, **CHAT)).error_type == (
            "InvokeConnectionError"
        )


def test_the_worst_inputs_leave_no_memory_behind(measured: Measured) -> None:
    """It comes last: what was sent before was 300 MB and more, and unpacked twice as much."""
    pages = int(Path(f"/proc/{measured.plugin.process_id}/statm").read_text().split()[1])
    megabytes = pages * resource.getpagesize() / 1e6
    print(f"{megabytes:.0f} MB")  # noqa: T201 - the figure is wanted
    assert megabytes < MAX_MEGABYTES


class SilentServer(SocketServer):
    """Accepts connections and answers none, until it closes them all."""

    def __init__(self) -> None:
        self._is_over = threading.Event()

    def let_go(self) -> None:
        self._is_over.set()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            self._is_over.wait()


def error_of(call: Iterator[Any]) -> PluginError:
    with pytest.raises(PluginError) as caught:
        list(call)
    return caught.value
