"""The one name and password that let in, by HTTP's Basic scheme."""

from __future__ import annotations

import base64
import binascii
import getpass
import hmac
import os
import sys
from dataclasses import dataclass

from rag.errors import LoginError

PASSWORD = "ARTICLE_RAG_PASSWORD"  # noqa: S105 - where it is kept
MIN_PASSWORD = 8
"""Characters of a password."""


@dataclass(frozen=True, slots=True)
class Login:
    """The one name and password that let in.

    :raises LoginError: The name is none, or the password is too short.
    """

    name: str
    password: str

    def __post_init__(self) -> None:
        if not self.name or ":" in self.name:
            raise LoginError("the name for the login is empty or has a colon: choose another")
        if len(self.password) < MIN_PASSWORD:
            raise LoginError(f"the password has {len(self.password)} characters: {MIN_PASSWORD} at least")

    def admits(self, header: str) -> bool:
        """Whether an ``Authorization`` header bears name and password.

        >>> Login("lin", "a password").admits("Basic " + base64.b64encode(b"lin:a password").decode())
        True
        """
        scheme, _, value = header.partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{self.name}:{self.password}".encode()) and scheme.lower() == "basic"


def login_of(name: str | None) -> Login | None:
    """Who may come in, with the password asked for; None for anyone.

    :raises LoginError: There is no password for the login, or none that is fit.
    """
    return Login(name, read_password()) if name is not None else None


def read_password() -> str:
    """The password: out of the environment, or asked for on the terminal.

    :raises LoginError: There is neither.
    """
    password = os.environ.pop(PASSWORD, None)
    if password is None:
        if not sys.stdin.isatty():
            raise LoginError(f"there is no terminal to ask for the password: put it into {PASSWORD}")
        return getpass.getpass("Password for the page: ")
    return password
