"""Errors of Dify's calls that cannot be sent to the proxy."""


class RequestError(ValueError):
    """Dify's call cannot be sent to the proxy, with the reason."""


class TooManyCallsError(RequestError):
    """The limit of concurrent calls to one proxy is reached."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} calls to this LiteLLM are running already; try again later, or set a shorter Timeout."
        )
