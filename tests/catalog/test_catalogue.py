"""A package with the catalogue of a real proxy, of two hundred models of all modes."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from dify_plugin.entities.model import AIModelEntity

from admin.__main__ import main
from admin.catalogue.previous import read_package
from harness.litellm_proxy_process import litellm_proxy
from harness.plugin_process import PluginError, PluginProcess
from harness.upstream import Asked, Reply, Upstream, json_reply
from tests.catalog.fleet import ODD_NAMES, TOO_LONG, config, names
from tests.support import openai_format as openai
from tests.support.environment import MASTER_KEY
from tools.dify_engine.engine import problems_of

pytestmark = pytest.mark.slow

KEY_VARIABLE = "CATALOGUE_TEST_KEY"
KINDS = {
    "chat": "llm", "completion": "llm", "embedding": "text-embedding", "rerank": "rerank",
    "audio_transcription": "speech2text", "audio_speech": "tts", "moderation": "moderation",
}  # fmt: skip
SAMPLED = 10


class Providers(Upstream):
    """Answers every endpoint."""

    def reply_to(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        match path.rpartition("/")[2]:
            case "completions" if path.endswith("chat/completions"):
                return openai.text_stream("Hello ", "there")
            case "completions":
                choice = {"index": 0, "text": "Hello", "finish_reason": "stop"}
                body = {"id": "1", "object": "text_completion", "created": 1, "model": "m"}
                return openai.stream({**body, "choices": [choice], "usage": openai.USAGE})
            case "embeddings":
                return openai.embeddings([[1.0, 2.0, 3.0]] * len(asked.body["input"]))
            case "rerank":
                results = [{"index": 0, "relevance_score": 0.9}]
                return json_reply({"id": "1", "results": results, "meta": {}})
            case "transcriptions":
                return json_reply({"text": "heard"})
            case "speech":
                return Reply([b"\xff\xfb" + bytes(400)], content_type="audio/mpeg")
            case "moderations":
                judged = {"flagged": True, "categories": {}, "category_scores": {}}
                return json_reply({"id": "1", "model": "m", "results": [judged]})
            case _:
                return json_reply({"data": [], "object": "list"})


@dataclass(frozen=True)
class Fleet:
    """The proxy, and the package that was built of it."""

    url: str
    upstream: str
    package: Path
    folder: Path

    @property
    def credentials(self) -> dict[str, str]:
        return {"base_url": self.url, "api_key": MASTER_KEY}


@contextmanager
def proxy_with(text: str, folder: Path) -> Iterator[str]:
    file = folder / "config.yaml"
    file.write_text(text)
    env = {"LITELLM_MASTER_KEY": MASTER_KEY}
    with litellm_proxy(file, log=folder / "litellm.log", env=env) as url:
        yield url


def build(url: str, to: Path, *options: str) -> Path:
    to.mkdir(exist_ok=True)
    arguments = ["catalog", "--base-url", url, "--api-key-env", KEY_VARIABLE, "--to", str(to)]
    assert main([*arguments, *options]) == 0
    (package,) = to.glob("*.difypkg")
    return package


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("catalogue")
    with Providers() as upstream, pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, MASTER_KEY)
        with proxy_with(config(upstream.url), folder) as url:
            package = build(url, folder / "dist")
            unpacked = folder / "plugin"
            zipfile.ZipFile(package).extractall(unpacked)
            yield Fleet(url, upstream.url, package, unpacked)


@pytest.fixture(scope="module")
def plugin(fleet: Fleet) -> Iterator[PluginProcess]:
    with PluginProcess(fleet.folder) as started:
        yield started
    assert problems_of(started.lines, started.actions) == []


def entities(fleet: Fleet) -> list[dict[str, Any]]:
    files = [f for f in fleet.folder.glob("models/*/*.yaml") if f.name != "_position.yaml"]
    return [yaml.safe_load(file.read_text()) for file in files]


def test_every_model_of_the_proxy_is_there_in_its_place(fleet: Fleet) -> None:
    found = {(entity["model_type"], entity["model"]) for entity in entities(fleet)}
    wanted = {(KINDS[mode], name) for mode, name in names()}
    assert len(wanted) == 200
    assert found == wanted | {("llm", "of-unknown-mode")}
    for kind in set(KINDS.values()):
        place = fleet.folder / "models" / kind.replace("-", "_") / "_position.yaml"
        assert sorted(yaml.safe_load(place.read_text())) == sorted(
            name for each, name in found if each == kind
        )


def test_what_has_no_place_in_dify_is_left_out_and_named(
    fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(fleet.url, tmp_path / "again")
    told = " ".join(capsys.readouterr().out.split())
    assert "left out, of mode video_generation, which Dify has no place for: painter" in told
    assert f"longer than 255 characters: {TOO_LONG[:60]}" in told
    assert "stands for many/* only: many/" in told
    assert "does not tell the mode of 1 models" in told
    assert "of-unknown-mode" in told


def test_every_file_passes_the_sdk_the_engine_and_the_daemon(fleet: Fleet) -> None:
    lines, actions = [], {}
    for number, entity in enumerate(entities(fleet)):
        whole = AIModelEntity.model_validate(entity).model_dump(mode="json", by_alias=True)
        for data in (
            {"type": "stream", "data": {"model_schema": whole}},
            {"type": "end", "data": {}},
        ):
            frame = {"event": "session", "session_id": str(number), "data": data}
            lines.append(json.dumps(frame).encode() + b"\n")
        actions[str(number)] = "get_ai_model_schemas"
    assert problems_of(lines, actions) == []


def test_the_package_is_small_and_its_names_are_plain(fleet: Fleet) -> None:
    with zipfile.ZipFile(fleet.package) as archive:
        listed = archive.namelist()
        assert sum(entry.file_size for entry in archive.infolist()) < 5_000_000
    assert len(set(map(str.lower, listed))) == len(listed)
    for name in listed:
        assert name.isascii()
        assert len(name) < 150
        assert not name.startswith("/")
    manifest = yaml.safe_load((fleet.folder / "manifest.yaml").read_text())
    assert manifest["name"] == "litellm"
    stamp = fleet.package.stem.rpartition("-")[2]
    assert manifest["version"].endswith(f"-{stamp}")
    content = b"".join((fleet.folder / name).read_bytes() for name in listed)
    assert MASTER_KEY.encode() not in content


def test_the_providers_form_has_no_condition_on_a_type(fleet: Fleet) -> None:
    provider = yaml.safe_load((fleet.folder / "provider/litellm.yaml").read_text())
    fields = provider["provider_credential_schema"]["credential_form_schemas"]
    assert "keys" in {field["variable"] for field in fields}
    conditions = {rule["variable"] for field in fields for rule in field.get("show_on", ())}
    assert conditions == {"settings"}


def test_the_same_catalogue_gives_the_same_bytes(fleet: Fleet, tmp_path: Path) -> None:
    again = build(fleet.url, tmp_path / "again")
    assert again.name == fleet.package.name
    assert again.read_bytes() == fleet.package.read_bytes()


def is_latin_1(name: str) -> bool:
    """LiteLLM 1.106 puts the name into a header of its answer, and fails with other letters."""
    return name.encode("latin-1", "ignore").decode("latin-1") == name


def body_of(asked: Asked) -> dict[str, Any]:
    return asked.body if isinstance(asked.body, dict) else {}


def sampled(mode: str) -> list[str]:
    return [name for each, name in names() if each == mode][-SAMPLED:]


@pytest.mark.parametrize("mode", KINDS)
def test_ten_models_of_every_kind_answer_with_the_providers_credentials(
    fleet: Fleet, plugin: PluginProcess, mode: str
) -> None:
    kind = KINDS[mode]
    assert len(sampled(mode)) == SAMPLED
    for name in sampled(mode):
        assert answer(fleet, plugin, kind, name), name


@pytest.mark.parametrize("name", [name for name in ODD_NAMES if is_latin_1(name)])
def test_odd_names_reach_the_proxy_as_they_are(
    fleet: Fleet, plugin: PluginProcess, name: str
) -> None:
    assert answer(fleet, plugin, "llm", name) == "Hello there"


def answer(fleet: Fleet, plugin: PluginProcess, kind: str, name: str) -> Any:
    action, fields = {
        "llm": ("invoke_llm", {
            "prompt_messages": [{"role": "user", "content": "Hi"}], "model_parameters": {},
            "tools": None, "stop": None, "stream": True}),
        "text-embedding": ("invoke_text_embedding", {"texts": ["a"], "input_type": "document"}),
        "rerank": ("invoke_rerank", {"query": "q", "docs": ["d"], "score_threshold": None,
                                     "top_n": 1}),
        "speech2text": ("invoke_speech2text", {"file": b"RIFF".hex()}),
        "tts": ("invoke_tts", {"content_text": "Hi", "voice": "", "tenant_id": "t"}),
        "moderation": ("invoke_moderation", {"text": "Hi"}),
    }[kind]  # fmt: skip
    chunks = list(plugin.call(action, name, fleet.credentials, model_type=kind, **fields))  # type: ignore[arg-type]
    if kind == "llm":
        usage = chunks[-1]["delta"]["usage"]
        assert float(usage["total_price"]) > 0
        return "".join(chunk["delta"]["message"]["content"] for chunk in chunks)
    return chunks[0].get("result") or chunks[0].get("docs") or chunks[0].get("embeddings")


def test_dify_is_shown_what_the_file_says(fleet: Fleet, plugin: PluginProcess) -> None:
    (shown,) = plugin.call("get_ai_model_schemas", "chat-042", fleet.credentials)
    schema = shown["model_schema"]
    assert schema["fetch_from"] == "predefined-model"
    assert schema["model_properties"]["context_size"] == 8042
    assert float(schema["pricing"]["input"]) == 1
    assert "vision" in schema["features"]


def test_a_custom_model_beside_the_catalogue_works_on(fleet: Fleet, plugin: PluginProcess) -> None:
    form = {**fleet.credentials, "context_size": "1234", "settings": "custom",
            "proxy_model_name": "chat-050"}  # fmt: skip
    list(plugin.call("validate_model_credentials", "mine", form))
    (shown,) = plugin.call("get_ai_model_schemas", "mine", form)
    assert shown["model_schema"]["fetch_from"] == "customizable-model"
    assert shown["model_schema"]["model_properties"]["context_size"] == 1234


def saved(plugin: PluginProcess, model: str, form: dict[str, str]) -> dict[str, str]:
    """Return the credentials that Dify keeps of a custom model."""
    (answer,) = plugin.call("validate_model_credentials", model, form)
    credentials: dict[str, str] = answer["credentials"]
    return credentials


def test_a_custom_model_called_like_one_of_the_catalogue_keeps_its_own_form(
    fleet: Fleet, plugin: PluginProcess
) -> None:
    form = saved(plugin, "chat-051", {**fleet.credentials, "context_size": "1234",
                                      "max_tokens": "5000", "vision": "yes"})  # fmt: skip
    (shown,) = plugin.call("get_ai_model_schemas", "chat-051", form)
    assert shown["model_schema"]["fetch_from"] == "customizable-model"
    assert shown["model_schema"]["model_properties"]["context_size"] == 1234
    assert "vision" in shown["model_schema"]["features"]
    # The catalogue's schema would allow 1000.
    chunks = list(chat(plugin, "chat-051", form, max_tokens=3000))
    assert chunks[-1]["delta"]["finish_reason"] == "stop"


def refusal(plugin: PluginProcess, **credentials: str) -> str:
    with pytest.raises(PluginError) as caught:
        list(plugin.call("validate_provider_credentials", "", credentials))
    assert caught.value.error_type == "CredentialsValidateFailedError"
    return caught.value.message


NOT_ACCEPTED = "API key was not accepted: LiteLLM is starting, or has no database and takes its master key alone."


def test_the_providers_credentials_are_checked(fleet: Fleet, plugin: PluginProcess) -> None:
    (accepted,) = plugin.call("validate_provider_credentials", "", fleet.credentials)
    assert accepted["result"] is True
    wrong = refusal(plugin, base_url=fleet.url, api_key="sk-wrong")
    assert wrong.startswith(f"{NOT_ACCEPTED} (LiteLLM 400: ")
    with Upstream() as other:
        assert "does not look like" in refusal(plugin, base_url=other.url)
    assert "Base URL must be" in refusal(plugin, base_url="litellm")
    assert "refused" in refusal(plugin, base_url="http://127.0.0.1:1")
    more = {**fleet.credentials, "settings": "custom"}
    told = refusal(plugin, **more, keys='{"team": "sk-wrong"}')
    assert told.startswith(f'Named Keys for Apps, "team": {NOT_ACCEPTED} (LiteLLM 400: ')
    right = {"team": fleet.credentials["api_key"]}
    (accepted,) = plugin.call(
        "validate_provider_credentials", "", {**more, "keys": json.dumps(right)}
    )
    assert accepted["result"] is True


def test_a_proxy_without_these_models_is_refused_with_what_there_is(plugin: PluginProcess) -> None:
    with Upstream() as other:
        other.on("/v1/models", json_reply({"data": [{"id": "else"}]}))
        message = refusal(plugin, base_url=other.url)
    assert message == (
        "API key can use none of this catalogue's 201 models: enter another key, or rebuild the catalogue with this one. "
        "It can use else."
    )


def test_models_that_the_key_cannot_use_are_named_in_the_log(plugin: PluginProcess) -> None:
    with Upstream() as other:
        other.on("/v1/models", json_reply({"data": [{"id": "chat-050"}, {"id": "rerank-*"}]}))
        (answer,) = plugin.call("validate_provider_credentials", "", {"base_url": other.url})
    assert answer["result"] is True
    told = [line.decode() for line in plugin.lines if b"of the catalogue" in line]
    assert "can use 16 of the catalogue's 201 models; not: " in told[-1]


def test_a_key_that_may_not_list_its_models_is_saved(plugin: PluginProcess) -> None:
    refused = {"detail": "Virtual key is not allowed to call this route."}
    with Upstream() as other:
        other.on("/v1/models", json_reply(refused, 403))
        (answer,) = plugin.call("validate_provider_credentials", "", {"base_url": other.url})
    assert answer["result"] is True


def test_a_model_that_left_the_proxy_is_named(fleet: Fleet, plugin: PluginProcess) -> None:
    text = config(fleet.upstream, without="chat-060")
    with tempfile.TemporaryDirectory() as folder, proxy_with(text, Path(folder)) as url:
        message = invoke_error(plugin, "chat-060", {**fleet.credentials, "base_url": url})
    assert "chat-060" in message


def invoke_error(plugin: PluginProcess, model: str, credentials: dict[str, str]) -> str:
    with pytest.raises(PluginError) as caught:
        list(chat(plugin, model, credentials))
    assert caught.value.error_type == "InvokeBadRequestError"
    return caught.value.message


def chat(
    plugin: PluginProcess, model: str, credentials: dict[str, str], **parameters: Any
) -> Iterator[dict[str, Any]]:
    fields: dict[str, Any] = {
        "model_parameters": parameters, "tools": None, "stop": None, "stream": True,
    }  # fmt: skip
    message = [{"role": "user", "content": "Hi"}]
    return plugin.call("invoke_llm", model, credentials, prompt_messages=message, **fields)


def test_an_alias_is_asked_by_its_name_on_the_proxy(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text("include: [chat-05*]\norder: [chat-059]\naliases: {chat-055: Our assistant}")
    package = build(fleet.url, tmp_path / "dist", "--config", str(file))
    zipfile.ZipFile(package).extractall(tmp_path / "plugin")
    place = yaml.safe_load((tmp_path / "plugin/models/llm/_position.yaml").read_text())
    assert place[0] == "chat-059"
    assert "Our assistant" in place
    assert len(place) == 10
    with PluginProcess(tmp_path / "plugin") as plugin:
        chunks = list(chat(plugin, "Our assistant", fleet.credentials))
        (shown,) = plugin.call("get_ai_model_schemas", "Our assistant", fleet.credentials)
        with Upstream() as other:
            # A custom model of that name on another proxy is asked by its own name.
            for path in ("/v1/models", "/v1/model/info", "/model_group/info"):
                other.on(path, json_reply({"data": [{"id": "Our assistant"}]}))
            param = {"error": {"message": "no messages", "param": "messages", "type": "x"}}
            other.on("Our assistant", json_reply(param, 400), openai.text_stream("Hi"))
            form = saved(plugin, "Our assistant", {"base_url": other.url})
            list(chat(plugin, "Our assistant", form))
            assert {body["model"] for body in map(body_of, other.asked) if body} == {
                "Our assistant"
            }
    assert chunks[0]["delta"]["message"]["content"]
    assert shown["model_schema"]["model_properties"]["context_size"] == 8055


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["catalog"], "Base URL is missing"),
        (["catalog", "--base-url", "litellm"], "Base URL must be a URL"),
        (["catalog", "--base-url", "http://127.0.0.1:1"], "connection refused"),
        (
            ["catalog", "--base-url", "http://127.0.0.1:1", "--api-key-env", "NOT_SET"],
            "NOT_SET is not set",
        ),
        (["diff", "no.difypkg"], "no.difypkg does not exist"),
        (["diff", "README.md"], "README.md is no package with a catalogue"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_exit_status_2(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert problem in " ".join(capsys.readouterr().err.split())


def test_a_route_that_fails_makes_a_poorer_catalogue_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Upstream() as faulty:
        faulty.on("/v1/models", json_reply({"data": [{"id": "a"}, {"id": "b*"}, {"id": "b"}]}))
        faulty.on("/model_group/info", json_reply({"data": []}))
        arguments = ["catalog", "--base-url", faulty.url, "--to", str(tmp_path / "dist")]
        for refusal in (
            json_reply({"error": {"message": "Broken"}}, 500),
            json_reply({"detail": "Not for this key"}, 403),
        ):
            faulty.on("/v1/model/info", refusal)
            assert main(arguments) == 0
            told = " ".join(capsys.readouterr().err.split())
            assert "/v1/model/info did not answer, so less is known" in told
        faulty.on("/v1/models", json_reply({"error": {"message": "Broken"}}, 500))
        assert main(arguments) == 2
        assert "Broken" in capsys.readouterr().err


def test_the_catalogues_facts_count_while_the_proxy_tells_nothing(
    fleet: Fleet, plugin: PluginProcess
) -> None:
    """Where the info routes are refused, cost comes from the prices at the time of the build."""
    with Upstream() as mute:
        for path in ("/v1/models", "/v1/model/info", "/model_group/info"):
            mute.on(path, json_reply({"detail": "Not allowed"}, 403))
        mute.on("chat-070", openai.text_stream("Hi"))
        chunks = list(chat(plugin, "chat-070", {"base_url": mute.url}))
    assert float(chunks[-1]["delta"]["usage"]["total_price"]) == pytest.approx(11e-6 + 7 * 2e-6)


def test_one_changed_price_shows_in_the_difference(
    fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["diff", str(fleet.package), "--api-key-env", KEY_VARIABLE]
    assert main(arguments) == 0
    assert "Nothing changed: 201 models." in capsys.readouterr().out
    text = config(fleet.upstream, {"chat-080": 0.000005}, without="rerank-003")
    with proxy_with(text, tmp_path) as url:
        assert main([*arguments, "--read-url", url]) == 1
        rebuild = ("--include", "rerank-*", "--read-url", url, "--previous")
        first = build(fleet.url, tmp_path / "first", *rebuild, str(fleet.package))
        second = build(fleet.url, tmp_path / "second", *rebuild, str(first))
        assert deprecated_in(first) == {"rerank-003"}
        assert deprecated_in(second) == set()
        assert ("rerank", "rerank-003") not in read_package(second).entities
        assert main(["diff", str(first), "--api-key-env", KEY_VARIABLE, "--read-url", url]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "USD per million, input: 1 → 5" in told
    assert "USD per million, output: 2 → 10" in told
    assert "rerank-003 │ not listed for this key any more" in told
    assert "3 changes" in told


def deprecated_in(package: Path) -> set[str]:
    entities = read_package(package).entities.items()
    return {name for (_, name), entity in entities if entity["deprecated"]}


def test_an_alias_whose_model_left_the_proxy_is_a_difference_and_no_error(
    fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text("include: [chat-06*]\naliases: {chat-060: Ours}\nlimit: 10")
    package = build(fleet.url, tmp_path / "dist", "--config", str(file))
    with proxy_with(config(fleet.upstream, without="chat-060"), tmp_path) as url:
        arguments = ["diff", str(package), "--api-key-env", KEY_VARIABLE, "--read-url", url]
        assert main(arguments) == 1
    assert "Ours │ not listed" in " ".join(capsys.readouterr().out.split())


def test_a_key_in_place_of_its_variable_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["catalog", "--base-url", "http://h", "--api-key-env", "sk-secret-0123456789"])
    told = capsys.readouterr()
    assert "give the name of the environment variable" in told.err
    assert "sk-secret" not in told.err + told.out
