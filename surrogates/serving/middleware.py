"""Middleware: checks of host name, body size and body duration; security headers."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]  # the types of the ASGI specification
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_TIME_LIMIT_S = 10.0
SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class RequestRefused(Exception):
    """Error: the request is refused before it reaches the application.

    Args:
        status: HTTP status code.
        where: the refused part of the request.
        message: value, rule, repair.
    """

    def __init__(self, status: int, where: str, message: str):
        super().__init__(message)
        self.status, self.where = status, where


class RequestGuard:
    """ASGI middleware against foreign host names, large or slow bodies, and embedding in other pages.

    Args:
        app: the application.
        largest_body_bytes: refuse larger bodies, whether or not they state their length.
        host_names: names that requests may address besides IP addresses, names without a dot and this machine's own.
        body_time_limit_s: from the headers to the end of the body.
    """

    def __init__(
        self,
        app: ASGIApplication,
        largest_body_bytes: int,
        host_names: Iterable[str] = (),
        body_time_limit_s: float = BODY_TIME_LIMIT_S,
    ):
        self.app, self.largest_body_bytes, self.body_time_limit_s = app, largest_body_bytes, body_time_limit_s
        self.host_names = {name.lower() for name in (*host_names, socket.gethostname(), socket.getfqdn())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then forward or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *SAFE_HEADERS]}
            await send(message)

        try:
            self._require_host(scope)
            body = await self._body(receive)
        except RequestRefused as refusal:
            await _refuse(send_safely, refusal)
            return
        if body is None:
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, replay, send_safely)

    def _require_host(self, scope: Scope) -> None:
        """Refuse host names that another site could resolve to this machine (DNS rebinding).

        Such a name is registered, so it contains a dot and is no IP address.
        """
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        host = hosts[0] if len(hosts) == 1 else ""
        name = (host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]).lower()
        if name and ("." not in name or name in self.host_names or _is_address(name)):
            return
        message = f"host {host!r} is not a name of this service; add it with argyro serve --allow-host NAME"
        raise RequestRefused(421, "host", message)

    async def _body(self, receive: Receive) -> bytes | None:
        """Read the body; return None if the client disconnected.

        Raises:
            RequestRefused: the body is too large or arrives too slowly.
        """
        try:
            async with asyncio.timeout(self.body_time_limit_s):
                return await self._limited_body(receive)
        except TimeoutError:
            message = f"the body did not arrive within {self.body_time_limit_s:g} s; send it again"
            raise RequestRefused(408, "body", message) from None

    async def _limited_body(self, receive: Receive) -> bytes | None:
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.largest_body_bytes:
                refusal = f"the body is larger than {self.largest_body_bytes} bytes; split the question"
                raise RequestRefused(413, "body", refusal)
        return bytes(body)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(send: Send, refusal: RequestRefused) -> None:
    body = json.dumps({"detail": [{"loc": [refusal.where], "msg": str(refusal)}]}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
