"""Build a background run of OpenAI's Responses API from Dify's messages and parameters.

https://platform.openai.com/docs/guides/background
"""

from collections.abc import Mapping, Sequence

from dify_plugin.entities.model.message import PromptMessage

from litellm_proxy.wire import chat as wire
from litellm_proxy.wire.options import NO_OPTIONS, RequestOptions
from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.responses import RunRequest
from translation.errors.request_error import RequestError
from translation.request import response_format
from translation.request.messages import wire_messages
from translation.request.model_parameters import body_fields

_RENAMED = {"max_tokens": "max_output_tokens", "max_completion_tokens": "max_output_tokens"}
_NO_TOOLS = "Long Runs takes no tools: turn it off in the app's model settings."
_NO_STOP = "Long Runs takes no stop words: remove them, or turn it off in the app's model settings."
_NO_SUCH_CONTENT = "Long Runs takes texts, images and documents alone: no audio, no video, and no documents by URL."


def long_run_request(  # noqa: PLR0913 - the arguments of Dify's call
    model: str,
    messages: Sequence[PromptMessage],
    parameters: Mapping[str, Json],
    options: RequestOptions = NO_OPTIONS,
    *,
    stop: Sequence[str] = (),
    has_tools: bool,
    follows_schemas: bool,
) -> RunRequest:
    """Return the request; raise RequestError for tools, stop words and unsupported content."""
    conversation = wire_messages(messages, {})
    if has_tools or any(each["role"] == "tool" for each in conversation):
        raise RequestError(_NO_TOOLS)
    if any(stop):
        raise RequestError(_NO_STOP)
    schema = response_format.schema_of(parameters)
    if schema and not follows_schemas:
        conversation = response_format.with_schema_in_prompt(conversation, schema)
    fields = body_fields(parameters, stream=False)
    sent: dict[str, Json] = {_RENAMED.get(name, name): value for name, value in fields.items()}
    if effort := sent.pop("reasoning_effort", None):
        sent["reasoning"] = effort if isinstance(effort, dict) else {"effort": effort}
    if (search := sent.pop("web_search_options", None)) is not None:
        others = options.extra.get("tools")
        joined = others if isinstance(others, list) else []
        sent["tools"] = [{"type": "web_search", **search}, *joined]
    asked_text = options.extra.get("text")
    text: dict[str, Json] = dict(asked_text) if isinstance(asked_text, dict) else {}
    if verbosity := sent.pop("verbosity", None):
        text["verbosity"] = verbosity
    if chosen := response_format.response_format(parameters, follows_schemas=follows_schemas):
        text["format"] = {"type": chosen["type"], **chosen.get("json_schema", {})}
    if text:
        sent["text"] = text
    return RunRequest(model, [_item(message) for message in conversation], sent, options)


def _item(message: wire.Message) -> Json:
    content = message["content"]
    if isinstance(content, str) or content is None:
        return {"role": message["role"], "content": content or ""}
    return {"role": message["role"], "content": [_part(part) for part in content]}


def _part(part: wire.ContentPart) -> Json:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    if part["type"] == "image_url":
        image = part["image_url"]
        detail = image.get("detail", "auto")
        return {"type": "input_image", "image_url": image["url"], "detail": detail}
    if part["type"] == "file" and (data := part["file"].get("file_data")):
        name = part["file"].get("filename", "document")
        return {"type": "input_file", "filename": name, "file_data": data}
    raise RequestError(_NO_SUCH_CONTENT)
