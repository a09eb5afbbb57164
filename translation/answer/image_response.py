"""Convert a response of the image endpoints to one chat chunk."""

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.chat import (
    ChatChunk,
    Choice,
    Delta,
    OutputImage,
    OutputImageUrl,
    Usage,
)
from litellm_proxy.wire.images import ImageAnswer, MadeImage
from translation.media_type import labelled


def chunk_of(answer: ImageAnswer) -> ChatChunk:
    """Return the chunk; raise ProxyProtocolError for a response without an image."""
    urls = [url for made in answer.data or () if (url := _url(made))]
    if not urls:
        message = "an answer without an image came back"
        raise ProxyProtocolError(message)
    images = [OutputImage(image_url=OutputImageUrl(url=url)) for url in urls]
    usage = answer.usage and Usage(
        prompt_tokens=answer.usage.input_tokens, completion_tokens=answer.usage.output_tokens
    )
    return ChatChunk(
        choices=[Choice(message=Delta(images=images), finish_reason="stop")], usage=usage
    )


def _url(made: MadeImage) -> str:
    """Return the image's URL; convert base64 to a data URL."""
    if made.b64_json and made.b64_json.startswith("data:"):
        return made.b64_json
    if made.b64_json:
        return f"data:{labelled(made.b64_json, 'image/png', 'image')};base64,{made.b64_json}"
    return made.url or ""
