"""Functions for programs as gradio's endpoints and MCP tools, and what gradio is told of a request."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterable
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any, Protocol, get_type_hints

import gradio as gr
from gradio.data_classes import JsonData

from rag.errors import RagError
from rag.interfaces.http.visitors import visitor_of


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


class Endpoints(Protocol):
    """Functions for programs, as ``rag.interfaces.http.service`` has them."""

    def asked_by(self, visitor: str) -> Endpoints:
        """The same for one visitor."""


def add_endpoints(service: Endpoints, names: Iterable[str]) -> None:
    """Make a service's functions endpoints, and MCP tools, of the page that is being laid out.

    Unqueued: the service has a queue of its own, which MCP tools stand in too.
    """
    for name in names:
        gr.api(_described(service, name), queue=False, concurrency_limit=None)


def _described(service: Endpoints, name: str) -> Callable[..., Reply]:
    """A function of a service as gradio calls it: with the request as the last argument."""

    def told(request: gr.Request | None, *values: Any) -> Reply:
        try:
            answer = getattr(service.asked_by(visitor_of(host_of(request))), name)(*values)
            return Reply(json.loads(json.dumps(answer)))  # tuples become lists
        except RagError as error:
            raise Refusal(str(error)) from None
        except Exception:
            logging.exception("a program's request failed")
            raise Refusal("something went wrong; the terminal that runs the page says what") from None

    return with_request(getattr(service, name), told)


def with_request(function: Callable[..., Any], call: Callable[..., Any]) -> Callable[..., Any]:
    """A function for gradio to call: it looks like ``function`` and does what ``call`` does.

    :param call: Is given the request first, and then what ``function`` is. Where it is a coroutine, so is the result.
    """

    def called(*values: Any) -> Any:
        *given, request = values
        return call(request, *given)

    async def called_later(*values: Any) -> Any:
        return await called(*values)

    shown = functools.wraps(function)(called_later if iscoroutinefunction(call) else called)
    shape, last = signature(function), Parameter("request_", Parameter.POSITIONAL_OR_KEYWORD, default=None)
    shown.__signature__ = shape.replace(parameters=[*shape.parameters.values(), last])  # type: ignore[attr-defined]
    shown.__annotations__ = {**get_type_hints(function), "request_": gr.Request}
    return shown


def host_of(request: gr.Request | None) -> str:
    """The address that a request comes from; empty where there is none."""
    return request.client.host if request and request.client else ""
