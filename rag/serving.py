"""How the page and the endpoints are served: the address, who may come in, and what gradio is told."""

from __future__ import annotations

import argparse
import functools
import getpass
import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import gradio as gr
from gradio.data_classes import JsonData
from starlette.middleware import Middleware

from rag.errors import LoginError, PortError, RagError
from rag.guard import Guard, Login
from rag.service import Service

LOOPBACK = "127.0.0.1"
PASSWORD = "ARTICLE_RAG_PASSWORD"  # noqa: S105 - where it is kept
MOST_SESSIONS = 500
"""Open pages whose conversations are kept in memory."""


class Reply(JsonData):  # type: ignore[misc]
    """What an endpoint gives back: an object over HTTP, and JSON where gradio makes a text of it for an MCP tool."""

    def __str__(self) -> str:
        return json.dumps(self.root, ensure_ascii=False)


class Refusal(gr.Error):  # type: ignore[misc]
    """Why a program is given nothing, in a sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, print_exception=False)

    def __str__(self) -> str:
        return str(self.message)


def add_endpoints(service: Service) -> None:
    """Make a service's functions endpoints, and MCP tools, of the page that is being laid out.

    Unqueued: the service has a queue of its own, which MCP tools stand in too.
    """
    for function in (service.ask, service.search, service.article):
        gr.api(_told(function), queue=False, concurrency_limit=None)


def _told(function: Callable[..., Any]) -> Callable[..., Reply]:
    @functools.wraps(function)
    def told(*values: Any, **named: Any) -> Reply:
        try:
            return Reply(json.loads(json.dumps(function(*values, **named))))  # tuples become lists
        except RagError as error:
            raise Refusal(str(error)) from None
        except Exception:
            logging.exception("a program's request failed")
            raise Refusal("something went wrong; the terminal that runs the page says what") from None

    return told


def add_options(parser: argparse.ArgumentParser, port: int) -> None:
    """Add what may be said of the address and of who may come in."""
    parser.add_argument("--port", type=int, default=port, help=f"the port to serve on, {port} unless named")
    parser.add_argument("--host", default=LOOPBACK, help=f"the address to serve on, {LOOPBACK} unless named")
    parser.add_argument("--login", metavar="NAME", help=f"ask for this name and a password, asked for or in {PASSWORD}")


def launch_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """What gradio's ``launch`` is told for the options given.

    :raises PortError: The address can't be served on.
    :raises LoginError: There is no password for the login, or none that is fit.
    """
    host: str = options.host.strip("[]")
    _check_address(host, options.port)
    login = Login(options.login, read_password()) if options.login is not None else None
    return {
        "server_name": f"[{host}]" if ":" in host else host,
        "server_port": options.port,
        "app_kwargs": {"middleware": [Middleware(Guard, host=host, login=login)]},
        "mcp_server": True,
        "enable_monitoring": False,
        "run_history": False,
        "share": False,
        "ssr_mode": False,
        "max_file_size": 0,
        "state_session_capacity": MOST_SESSIONS,
    }


def warning(options: argparse.Namespace) -> str | None:
    """What is to be known of an address that others can reach, in a line; None for one that they can't."""
    if _is_loopback(options.host.strip("[]")):
        return None
    if options.login:
        return f"warning: others can reach {options.host}, and name and password travel unencrypted: trust that network"
    return f"warning: others can reach {options.host} and read all articles: --login NAME asks them for a password"


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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_address(host: str, port: int) -> None:
    """Tell at once, before a model is loaded, that an address can't be had."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address[0], port, *address[2:]))
    except (OSError, OverflowError, UnicodeError) as error:
        raise PortError(
            f"can't serve on {host}, port {port} ({error}): choose another with --host or --port"
        ) from error
