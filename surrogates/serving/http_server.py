"""Uvicorn server: a port that replicas share, limits on headers and connections."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from fastapi import FastAPI

HEADER_TIME_LIMIT_S = 10.0
LARGEST_HEADERS_BYTES = 32 * 1024
KEEP_ALIVE_S = 30
MOST_CONNECTIONS = 1000
LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class LimitedHeaders(HttpToolsProtocol):
    """HTTP protocol that closes connections whose headers arrive slowly or are large (slowloris)."""

    time_limit_s = HEADER_TIME_LIMIT_S
    _timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Start the time limit of the first request's headers."""
        super().connection_made(transport)
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Count bytes until the headers are complete."""
        if self._timer is not None:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._timer is not None and self._header_bytes > LARGEST_HEADERS_BYTES:
            self._close(LARGE)

    def on_message_begin(self) -> None:
        """Start the time limit of the next request's headers."""
        super().on_message_begin()
        if self._timer is None:
            self._expect_headers()

    def on_headers_complete(self) -> None:
        """Stop the time limit."""
        self._stop_clock()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time limit."""
        self._stop_clock()
        super().connection_lost(exc)

    def _expect_headers(self) -> None:
        self._header_bytes = 0
        self._timer = self.loop.call_later(self.time_limit_s, self._close, LATE)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self, response: bytes) -> None:
        self._stop_clock()
        if not self.transport.is_closing():
            self.transport.write(response)
            self.transport.close()


def http_server(app: FastAPI) -> uvicorn.Server:
    """Make the server of an application; run it with ``await server.serve(sockets=[...])``."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=LimitedHeaders,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            limit_concurrency=MOST_CONNECTIONS,
            backlog=MOST_CONNECTIONS,
        )
    )


def shared_socket(host: str, port: int) -> socket.socket:
    """Open a socket on which several processes of this machine can listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened.bind((host, port))
    return opened
