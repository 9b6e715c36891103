"""Requests that cannot be answered, by what the client can do about it.

::

    SecomError
    └── RequestError           malformed: mend it
        ├── NotOfferedError    no such model, version or route
        ├── MethodError        the route wants another method
        ├── MediaTypeError     the body is in no form that the server reads
        ├── TooLargeError      over a limit: send less at a time
        ├── SlowClientError    the body did not arrive in time
        └── BusyError          the server is full: try again later

`rest` and `grpc_service` each give these their protocol's codes; nothing else knows codes.
"""

from __future__ import annotations

from secom_core.errors import SecomError


class RequestError(SecomError):
    """A request that cannot be answered as it stands."""


class NotOfferedError(RequestError):
    """No such model, version or route."""


class MethodError(RequestError):
    """The route exists, but wants another method."""

    def __init__(self, message: str, *, allowed: str = "POST") -> None:
        super().__init__(message)
        self.allowed = allowed


class MediaTypeError(RequestError):
    """The body is in no form that the server reads."""


class TooLargeError(RequestError):
    """The request is over a limit."""


class SlowClientError(RequestError):
    """The body did not arrive in time."""


class BusyError(RequestError):
    """The server is full; `reason` says of what."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the server is full ({self.reason}): try again in a second."
