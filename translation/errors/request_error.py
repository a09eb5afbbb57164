"""The error of a request that Dify asks for and no proxy could take."""


class RequestError(ValueError):
    """Dify asked for something that cannot be sent to the proxy; the text says what."""
