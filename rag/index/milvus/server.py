"""A Milvus server, as far as an index needs it: what it is told and asked, and what it says as errors of our own."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.core.deadline import handed_on, left
from rag.core.milvus_address import MilvusAddress
from rag.errors import IndexUnusable, ServerError
from rag.index.milvus.collections import Kind, index_of_numbers, vector_index

USER, PASSWORD, TOKEN, AUTHORITY = "MILVUS_USER", "MILVUS_PASSWORD", "MILVUS_TOKEN", "MILVUS_CA"
"""What the environment may hold: who asks, by name and password or by a token; and the file of the certificate that a
server's own is signed with, where the system does not know it."""
_WHO = f"set {USER} and {PASSWORD}, or {TOKEN}"
LEAST_VERSION = (2, 3)
"""Below it there are no arrays, by which filters are."""
CONNECT_SECONDS, ASKED_SECONDS, WRITE_SECONDS = 10.0, 10.0, 120.0
"""How long is waited for a server, for what is asked, and for what is written; meanwhile what fails is tried again."""
MOST_ROWS = 16_384
"""That a server returns at once."""
BATCH_BYTES, BATCH_ROWS = 8_000_000, 2_000
"""That are written at once: a server takes 64 MB."""
_VERSION = re.compile(r"v?(\d+)\.(\d+)")
_LITE = "milvus_lite"
_NOT_LOADED, _NOT_LET_IN, _NOT_CONNECTED = 101, 1800, 2
"""Milvus's numbers: of a collection that is not in memory; of who may not come in; of no connection."""
_AWAY = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
"""gRPC's names of what befalls a server that is away."""

Row = dict[str, Any]


class Server:
    """A connection to the server that keeps an index. From any thread.

    What is looked up is no older than the server's bound of some seconds ("bounded" consistency); who writes finds all
    that he wrote ("session"), and what others wrote where the newest is asked for ("strong"). Rows of a finished
    generation never change what they say.

    :param address: Of the index.
    :param writes: Whether this process writes to it.
    :raises ServerError: The server can't be reached, does not let in, or is too old; or pymilvus is missing.
    """

    def __init__(self, address: MilvusAddress, *, writes: bool = False) -> None:
        self.address, self._level = address, "Session" if writes else "Bounded"
        milvus = _pymilvus()
        self._error: type[Exception] = milvus.MilvusException
        try:
            self._client = milvus.MilvusClient(
                address.uri,
                user=os.environ.get(USER, ""),
                password=os.environ.get(PASSWORD, ""),
                token=os.environ.get(TOKEN, ""),
                timeout=CONNECT_SECONDS,
                **_trusted(address),
            )
            told = str(self._client.get_server_version(timeout=CONNECT_SECONDS))
        except Exception as error:
            if getattr(error, "code", None) == _NOT_CONNECTED:  # a wrong password looks like that, too
                told = f"the server {self._where} does not answer, or does not let you in"
                raise ServerError(f"{told}: see that it runs and can be reached, or {_WHO}") from error
            raise self._failed(error) from error
        self.is_lite = told.startswith(_LITE)
        match = _VERSION.match(told)
        self.version = (int(match[1]), int(match[2])) if match else LEAST_VERSION
        if self.version < LEAST_VERSION:
            least = ".".join(map(str, LEAST_VERSION))
            raise ServerError(f"the server {self._where} is Milvus {told}: {least} or newer is needed")

    @property
    def _where(self) -> str:
        return f"{self.address.host}:{self.address.port}"

    @cached_property
    def finds_inside(self) -> bool:
        """Whether it finds texts by what stands inside of them."""
        return self.is_lite or self.version >= (2, 4)

    def collection(self, kind: Kind) -> str:
        """The name of one of the index's collections."""
        return f"{self.address.name}_{kind}"

    def has(self, kind: Kind) -> bool:
        """Whether the server has one of the index's collections."""
        return bool(self._call("has_collection", kind))

    def make_all(self, dimension: int) -> None:
        """Make the index's collections, as far as they are not there yet; several may do so at once."""
        with ThreadPoolExecutor(len(Kind)) as threads:
            for made in [threads.submit(self._make, kind, dimension) for kind in Kind]:
                made.result()

    def _make(self, kind: Kind, dimension: int) -> None:
        """Make a collection; or of one that another process makes, or was killed in making, what it lacks."""
        schema = self._client.create_schema(auto_id=False)
        vector = kind.describe(schema, dimension)
        if not self.has(kind):
            with suppress(ServerError):  # another process was faster
                self._call("create_collection", kind, schema=schema, timeout=WRITE_SECONDS)
        self._check_dimension(kind, vector, dimension)
        wanted = {vector: vector_index(kind)} | {
            field: {"index_type": index_of_numbers(is_old=not self.is_lite and self.version < (2, 4))}
            for field in kind.numbers_looked_up
        }
        for field, how in wanted.items():
            index = self._client.prepare_index_params()
            index.add_index(field, index_name=field, **how)
            with suppress(ServerError):  # it is there
                if field not in self._call("list_indexes", kind):
                    self._call("create_index", kind, index_params=index, timeout=WRITE_SECONDS)
        self._call("load_collection", kind, timeout=WRITE_SECONDS)

    def _check_dimension(self, kind: Kind, vector: str, dimension: int) -> None:
        """Refuse vectors of another length than a collection has.

        :raises IndexUnusable: They are.
        """
        told = self._call("describe_collection", kind)
        found = next((field["params"].get("dim") for field in told["fields"] if field["name"] == vector), None)
        if kind is Kind.PASSAGES and found is not None and int(found) != dimension:
            told = f"the server has vectors of {found} numbers for {self.address.name}, and the model makes {dimension}"
            raise IndexUnusable(f"{told}: give another NAME; or, where no index came of it, rag doctor takes it back")

    def query(
        self, kind: Kind, where: str, fields: Sequence[str], *, newest: bool = False, most: int | None = None
    ) -> list[Row]:
        """The rows for which an expression holds.

        :param newest: Whether what was written last is waited for, which takes a fifth of a second.
        :param most: So many at most, and no more than ``MOST_ROWS``; None where all are wanted.
        :raises ServerError: All are wanted, and there are more than a server returns.
        """
        level = "Strong" if newest else self._level
        found = list(
            self._call(
                "query",
                kind,
                filter=where,
                output_fields=list(fields),
                limit=most or MOST_ROWS,
                consistency_level=level,
            )
        )
        if most is None and len(found) == MOST_ROWS:
            raise ServerError(f"the server {self._where} returns {MOST_ROWS} rows at once, and there are more {kind}")
        return found

    def with_ids(
        self,
        kind: Kind,
        ids: Sequence[int] | Sequence[str],
        fields: Sequence[str],
        where: str = "",
        *,
        newest: bool = False,
    ) -> Iterator[Row]:
        """The rows that have some ids, in no order; those for which an expression holds."""
        for start in range(0, len(ids), BATCH_ROWS):
            some = [f'"{one}"' if isinstance(one, str) else str(one) for one in ids[start : start + BATCH_ROWS]]
            holds = f"id in [{', '.join(some)}]"
            yield from self.query(kind, f"{holds} and {where}" if where else holds, ("id", *fields), newest=newest)

    def settle(self) -> None:
        """Wait until all that anybody wrote until now is found."""
        nothing = dict.fromkeys((Kind.PASSAGES, Kind.ARTICLES), "id == 0") | {Kind.PAGES: 'id == ""'}
        with ThreadPoolExecutor(len(nothing)) as threads:
            for asked in [
                threads.submit(handed_on(self.query), kind, where, ("id",), newest=True)
                for kind, where in nothing.items()
            ]:
                asked.result()

    def count(self, kind: Kind, where: str) -> int:
        """For how many rows an expression holds."""
        told = self._call(
            "query",
            kind,
            filter=where,
            output_fields=["count(*)"],
            consistency_level=self._level,
        )
        return int(told[0]["count(*)"])

    def search(
        self, kind: Kind, vector: NDArray[np.float32], where: str, count: int, fields: Sequence[str]
    ) -> list[Row]:
        """The rows with the highest cosines among those for which an expression holds, best first."""
        found = self._call(
            "search",
            kind,
            data=[vector.tolist()],
            filter=where,
            limit=min(count, MOST_ROWS),
            output_fields=list(fields),
            search_params={"metric_type": "IP", "params": {"ef": min(max(4 * count, 400), 32_768)}},
            consistency_level=self._level,
        )
        return [{"id": hit["id"], **hit["entity"]} for hit in found[0]]

    def upsert(self, kind: Kind, rows: Iterable[Row]) -> None:
        """Write rows, in place of those that have their ids."""
        batch: list[Row] = []
        size = 0
        for row in rows:
            batch.append(row)
            size += sum(4 * len(value) if isinstance(value, list | str) else 8 for value in row.values())
            if size > BATCH_BYTES or len(batch) == BATCH_ROWS:
                self._call("upsert", kind, data=batch, timeout=WRITE_SECONDS)
                batch, size = [], 0
        if batch:
            self._call("upsert", kind, data=batch, timeout=WRITE_SECONDS)

    def delete(self, kind: Kind, where: str) -> None:
        """Delete the rows for which an expression holds.

        An old server deletes by ids alone, so that they are looked up.
        """
        while True:
            ids = [row["id"] for row in self.query(kind, where, ("id",), most=MOST_ROWS)]
            for start in range(0, len(ids), BATCH_ROWS):
                self._call("delete", kind, ids=ids[start : start + BATCH_ROWS], timeout=WRITE_SECONDS)
            if len(ids) < MOST_ROWS:
                return

    def flush(self, kind: Kind) -> None:
        """Have what was written indexed soon."""
        self._call("flush", kind, timeout=WRITE_SECONDS)

    def drop(self) -> None:
        """Remove the index, all of it."""
        for kind in Kind:
            self._call("drop_collection", kind, timeout=WRITE_SECONDS)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _call(self, method: str, kind: Kind, *, timeout: float | None = None, **values: Any) -> Any:
        run, name = getattr(self._client, method), self.collection(kind)
        try:
            try:
                return run(name, timeout=self._left(timeout or ASKED_SECONDS), **values)
            except self._error as error:
                if getattr(error, "code", None) != _NOT_LOADED:
                    raise
                self._client.load_collection(name, timeout=self._left(WRITE_SECONDS))  # it was started anew
                return run(name, timeout=self._left(timeout or ASKED_SECONDS), **values)
        except ServerError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def _left(self, most: float) -> float:
        """Seconds that a call may take.

        :raises ServerError: The time of what is done is up.
        """
        if not (seconds := left(most)):
            raise ServerError(self._no_answer)
        return seconds

    @property
    def _no_answer(self) -> str:
        return f"the server {self._where} does not answer: see that it runs and can be reached, and try again"

    def _failed(self, error: Exception) -> ServerError:
        """What went wrong, in one line that names the server and nothing of ours that is secret."""
        code, told = getattr(error, "code", None), " ".join(str(getattr(error, "message", error)).split())
        name = getattr(code() if callable(code) else code, "name", code)
        if "auth" in told.lower() or code == _NOT_LET_IN:
            return ServerError(f"the server {self._where} does not let you in: {_WHO}")
        is_away = name in _AWAY or code == _NOT_CONNECTED
        if is_away or any(word in told.lower() for word in ("connect", "timeout", "deadline", "unavailable")):
            return ServerError(self._no_answer)
        return ServerError(f"the server {self._where} can't do it: {told[:200]}")


def _trusted(address: MilvusAddress) -> dict[str, Any]:
    """What makes a connection secure; nothing where it is not to be.

    :raises ServerError: The file of the authority can't be read.
    """
    if not address.secure:
        return {}
    named = os.environ.get(AUTHORITY)
    if named and not os.access(named, os.R_OK):
        raise ServerError(f"{AUTHORITY} names the file {named}, which can't be read")
    return {"secure": True, **({"server_pem_path": named} if named else {})}


def _pymilvus() -> Any:
    try:
        import pymilvus  # slow to load, and an extra
    except ImportError:
        raise ServerError("an index over Milvus needs pymilvus: pip install 'article-rag[milvus]'") from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)  # what it says of errors is told as ours
    return pymilvus
