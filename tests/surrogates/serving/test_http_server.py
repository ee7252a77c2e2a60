"""Limits of the HTTP server on connections that never ask: raw sockets against a real server."""

import contextlib
import socket
import threading

import pytest

from argyro.surrogates.serving.http_server import LimitedHeaders, http_server, shared_socket
from argyro.surrogates.serving.middleware import RequestGuard


async def application(scope, receive, send):
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def served(app):
    server, opened = http_server(app), shared_socket("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield opened.getsockname()
    server.should_exit = True
    thread.join(timeout=60)


@pytest.fixture(scope="module")
def address():
    limits = pytest.MonkeyPatch()
    limits.setattr(LimitedHeaders, "time_limit_s", 0.3)
    with served(RequestGuard(application, largest_body_bytes=1000, body_time_limit_s=0.3)) as found:
        yield found
    limits.undo()


def exchange(address, *pieces):
    """Send pieces; read until the server closes the connection."""
    with socket.create_connection(address, timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


def request(body=b"", length=None, host=b"localhost"):
    head = b"POST / HTTP/1.1\r\nhost: %s\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    return head % (host, len(body) if length is None else length) + body


def test_an_ordinary_request_is_answered(address):
    answer = exchange(address, request(b"abc"))
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"abc")


@pytest.mark.parametrize("start", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nhost: localhost\r\nx-slow: "])
def test_slow_headers_end_the_connection(address, start):
    assert exchange(address, start).startswith(b"HTTP/1.1 408")


def test_slow_headers_of_the_next_request_do_too(address):
    first = request(b"abc").replace(b"connection: close\r\n", b"")
    answer = exchange(address, first, b"POST / HTTP/1.1\r\nx-slow: ")
    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 408") == 1


def test_large_headers_end_the_connection(address):
    endless = b"POST / HTTP/1.1\r\nhost: localhost\r\n" + b"x-large: " + b"a" * 40_000
    assert exchange(address, endless).startswith(b"HTTP/1.1 431")


def test_a_slow_body_is_refused(address):
    assert b" 408 " in exchange(address, request(b"abc", length=10)).splitlines()[0]


def test_a_large_body_is_refused(address):
    assert b" 413 " in exchange(address, request(b"a" * 1001)).splitlines()[0]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"localhost:8000", 200),
        (b"127.0.0.1", 200),
        (b"[::1]:8000", 200),
        (b"192.168.1.7:80", 200),
        (b"node17", 200),
        (b"attacker.example.com", 421),
        (b"127.0.0.1.attacker.com", 421),
        (b"[::1", 200),
        (b"", 421),
    ],
)
def test_only_own_names_are_answered(address, host, status):
    """A page elsewhere reaches this service only by a registered name, which has a dot (DNS rebinding)."""
    assert b" %d " % status in exchange(address, request(host=host)).splitlines()[0]


def test_two_servers_share_a_port():
    with shared_socket("127.0.0.1", 0) as one, shared_socket("127.0.0.1", one.getsockname()[1]) as other:
        assert one.getsockname() == other.getsockname()
