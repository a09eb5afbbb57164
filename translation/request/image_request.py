"""Build image requests from Dify's messages and parameters."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence

from dify_plugin.entities.model.message import (
    ImagePromptMessageContent,
    PromptMessage,
    UserPromptMessage,
)

from litellm_proxy.wire.images import ImageRequest, InputImage
from litellm_proxy.wire.options import NO_OPTIONS, RequestOptions
from litellm_proxy.wire.reading import Json
from translation.errors.request_error import RequestError
from translation.facts.parameter_rules import IMAGE_PARAMETERS
from translation.media_type import labelled


def image_request(
    model: str,
    messages: Sequence[PromptMessage],
    parameters: Mapping[str, Json],
    options: RequestOptions = NO_OPTIONS,
) -> ImageRequest:
    """Return the request: prompt and images of the last user message.

    The images are to be edited. Raises RequestError for a message without text, for an image by
    URL, and for invalid base64.
    """
    asked = next((each for each in reversed(messages) if isinstance(each, UserPromptMessage)), None)
    prompt = asked.get_text_content().strip() if asked else ""
    if not asked or not prompt:
        error = "An image model needs a text that says what to make."
        raise RequestError(error)
    return ImageRequest(
        model,
        prompt,
        tuple(_images(asked)),
        {name: str(parameters[name]) for name in IMAGE_PARAMETERS if parameters.get(name)},
        options,
    )


def _images(message: UserPromptMessage) -> Iterator[InputImage]:
    parts = message.content if isinstance(message.content, list) else []
    images = [part for part in parts if isinstance(part, ImagePromptMessageContent)]
    for number, image in enumerate(images, 1):
        if not image.base64_data:
            error = (
                "Images to be changed cannot be sent by URL: set MULTIMODAL_SEND_FORMAT=base64 in Dify's "
                "environment."
            )
            raise RequestError(error)
        try:
            content = base64.b64decode(image.base64_data)
        except (binascii.Error, ValueError):
            error = f"Image {number} cannot be read."
            raise RequestError(error) from None
        media_type = labelled(image.base64_data, image.mime_type, "image")
        yield InputImage(content, media_type, f"image-{number}.{media_type.rpartition('/')[2]}")
