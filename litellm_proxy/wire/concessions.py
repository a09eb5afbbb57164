"""What the plugin gives up where a proxy or a provider refuses what nobody asked for by name.

The plugin adds a few fields to requests that neither the form nor the app names. Each is of use, and
none may make a call impossible: where it is refused, the same request goes out once more with the
concession beside it, and what was learnt is kept for that proxy, key and model. This is the whole list.
A field that a person asked for by name is never taken out; that its refusal names it is for them.
"""

from enum import StrEnum


class Concession(StrEnum):
    """What is done without an addition. The values are stored with forms and never change."""

    END_USER_IN_BODY = "end-user-in-body"
    """Added: `litellm_metadata.user`, which LiteLLM reads and passes to nobody. Without: `user`, the
    only place that counts under LiteLLM's `enforce_user_param`."""

    NO_END_USER = "no-end-user"
    """Added: the end user. Without: nobody is told."""

    NO_TAG_OF_THE_APP = "no-tag-of-the-app"
    """Added: the tag `dify-app:…`, for spend per app. Without: the app stands in
    `metadata.spend_logs_metadata`, where LiteLLM's routing by tags does not look."""

    NO_METADATA = "no-metadata"
    """Added: `metadata`, for tags. Without: the header `x-litellm-tags`, which takes ASCII only."""

    END_USER_IN_METADATA = "end-user-in-metadata"
    """Added: `litellm_metadata.user`. Without: `metadata.user_id`, which every LiteLLM reads and hands on to
    Anthropic alone, for versions that take a caller's `litellm_metadata` for their own."""

    NO_SESSION = "no-session"
    """Added: `litellm_trace_id`, which groups calls in LiteLLM's logs. Without: no group."""

    NO_USAGE_IN_STREAMS = "no-usage-in-streams"
    """Added: `stream_options`, for token counts. Without: LiteLLM's own, or an estimate."""

    FLOATS = "floats"
    """Added: `encoding_format` base64, a quarter of the bytes. Without: `float`."""

    NO_ENCODING = "no-encoding"
    """Added: `encoding_format`, since LiteLLM tells some servers null (dify#35784). Without: none."""

    NO_INPUT_TYPE = "no-input-type"
    """Added: `input_type`, by which models tell documents from queries. Without: one kind of text."""

    NO_TOOLS_OF_THE_HISTORY = "no-tools-of-the-history"
    """Added: `tools` that a history with calls names, which Bedrock wants. Without: none."""

    NO_REASONING_BACK = "no-reasoning-back"
    """Added: `reasoning_content` or `reasoning_items` beside the tool call that they led to. Without: the
    call alone."""

    FILLED_REASONING = "filled-reasoning"
    """Added: nothing where the reasoning of a tool call is lost. Instead: a blank, which LiteLLM sends
    to Moonshot too (litellm 1.106, llms/moonshot `fill_reasoning_content`)."""

    STRICT_CALL_IDS = "strict-call-ids"
    """Added: nothing; ids of tool calls go back byte for byte. Instead: nine letters and digits, which
    Mistral wants also of calls that another model made (P49)."""

    WAV = "wav"
    """Added: `response_format` mp3 for speech, where the form leaves it open. Without: WAV, which
    models speak that know no other (litellm 1.106, Gemini)."""

    IMAGE_URL = "image-url"
    """Added: `output_format` jpeg for an image, where the app leaves it open, since a PNG can be larger than
    a line of Dify's. Without: `response_format` url."""

    ANY_IMAGE = "any-image"
    """Added: `response_format` url for an image. Without: as the model makes it."""

    ANY_TYPE = "any-type"
    """Added: the header `Accept` for JSON and streams. Without: anything is accepted."""


type Concessions = frozenset[Concession]

NONE: Concessions = frozenset()
