"""The address of an index that a Milvus server keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """An index that a Milvus server keeps.

    :param name: Of the index, with which the names of its collections in the server begin.
    :param secure: Whether the connection is encrypted (TLS).
    """

    host: str
    port: int
    name: str
    secure: bool = False

    def __str__(self) -> str:
        return f"milvus{'+tls' if self.secure else ''}://{self.host}:{self.port}/{self.name}"

    @property
    def uri(self) -> str:
        """As Milvus's own client takes it."""
        return f"http{'s' if self.secure else ''}://{self.host}:{self.port}"
