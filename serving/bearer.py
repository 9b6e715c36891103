"""Bearer tokens: what they look like, and whether a request carries one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Self

from secom_core.errors import ConfigError

_SHORTEST = 16
_FORM = re.compile(rf"[A-Za-z0-9._~+/-]{{{_SHORTEST},}}=*")  # what a header can carry: RFC 6750


@dataclass(frozen=True, slots=True)
class Token:
    """What a client must send.

    Parameters
    ----------
    value : bytes
        Never shown.
    name : str
        By which an audit knows who sent it.
    """

    value: bytes = field(repr=False)
    name: str = ""

    @classmethod
    def read(cls, text: str, *, variable: str, name: str = "") -> Self:
        """Return the token that an environment variable holds.

        Parameters
        ----------
        text : str
            Its content.
        variable : str
            For the message.
        name : str

        Raises
        ------
        ConfigError
            If it is too short to be one, or holds what a header cannot carry.
        """
        if not _FORM.fullmatch(text):
            message = (
                f"{variable} must be {_SHORTEST} or more letters, digits or -._~+/ without spaces "
                f"or line ends, got {len(text)} characters that are not. "
                "Make one with `openssl rand -hex 32`."
            )
            raise ConfigError(message)
        return cls(text.encode(), name)

    def opens(self, sent: Iterable[bytes]) -> bool:
        """Tell whether the Authorization headers of a request are this token, and once."""
        match list(sent):
            case [header]:
                scheme, _, token = header.partition(b" ")
                return scheme.lower() == b"bearer" and compare_digest(token.strip(), self.value)
        return False
