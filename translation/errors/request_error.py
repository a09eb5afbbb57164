"""The error of a request that Dify asks for and no proxy could take."""


class RequestError(ValueError):
    """Dify asked for something that cannot be sent to the proxy; the text says what."""


class TooManyCallsError(RequestError):
    """A proxy has as many calls under way as one may have."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} calls to this LiteLLM are running already; try again later, or set a shorter Timeout."
        )
