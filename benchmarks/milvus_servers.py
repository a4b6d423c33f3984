"""Milvus servers for tests and benchmarks: milvus-lite as a server, and the real one where its package can be had."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.core.places import MilvusAddress
from rag.errors import RagError
from rag.index.milvus.server import Server

REAL = "milvus==2.3.5"
"""A package that brings the server."""
STARTED_SECONDS, STARTS = 90.0, 4
"""How long a server may take, and how often it is started: the real one may fall over its own feet."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class MilvusServer:
    """A server that can be started, killed, and started again over what it keeps.

    :ivar port: Where it answers.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """What is run."""
        return [
            sys.executable, "-m", "milvus_lite", "server",
            "--host", "127.0.0.1", "--data-dir", str(self.folder / "data"), "--port", str(self.port),
        ]  # fmt: skip

    def address(self, name: str) -> MilvusAddress:
        """Of an index in it."""
        return MilvusAddress("127.0.0.1", self.port, name)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.folder.mkdir(exist_ok=True, parents=True)
        for _ in range(STARTS):
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(self.command(), cwd=self.folder, stdout=log, stderr=log)
            until = time.monotonic() + STARTED_SECONDS
            while time.monotonic() < until and self._process.poll() is None:
                if self._is_up():
                    return
                time.sleep(0.3)
            self.kill()
        raise RuntimeError(f"no server: see {self.folder / 'log'}")

    def _is_up(self) -> bool:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            server = Server(self.address("probe"))
            server.close()
        except RagError:
            return False
        return True

    def kill(self) -> None:
        """End it by its process id, as a power cut would."""
        if self._process is not None:
            self._send(signal.SIGKILL)
            self._process.wait()
            self._process = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have it take what is asked, and say nothing, meanwhile."""
        self._send(signal.SIGSTOP)
        try:
            yield
        finally:
            self._send(signal.SIGCONT)

    def _send(self, what: signal.Signals) -> None:
        """To the server, which may be a child of what starts it."""
        if self._process is not None:
            for process in (*_children(self._process.pid), self._process.pid):
                os.kill(process, what)

    @contextmanager
    def running(self) -> Iterator[MilvusServer]:
        """Have it run meanwhile."""
        self.start()
        try:
            yield self
        finally:
            self.kill()


class RealServer(MilvusServer):
    """The real server, of a package; its ports are its own, so that there is one of them at a time.

    :param package: Where the package was unpacked.
    """

    def __init__(self, folder: Path, package: Path) -> None:
        super().__init__(folder)
        self.package = package

    def command(self) -> list[str]:
        """What is run: the package has no module to be run as such."""
        code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from milvus import main; main()"
        return [sys.executable, "-c", code, str(self.package), "--data", str(self.folder / "data"),
                "--proxy-port", str(self.port)]  # fmt: skip


def _children(process: int) -> list[int]:
    told = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in told.read_text().split()] if told.exists() else []


def real_package(folder: Path) -> Path | None:
    """Where the real server's package is unpacked; None where it can't be had."""
    if sys.platform != "linux" or shutil.which("ldd") is None:
        return None
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), REAL]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        return None
    (wheel,) = folder.glob("milvus-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "package")
    return folder / "package"
