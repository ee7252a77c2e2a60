"""Connection to a Ray cluster, or a local cluster that other machines cannot reach."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray._private import ray_constants

from argyro.platform.common.errors import ArgyroError

KNOCK_S = 10.0
STARTS = 5


def connect(address: str | None = None, cores: int | None = None) -> None:
    """Join a cluster, or start a local one on loopback only; do nothing if connected.

    Args:
        address: ``local`` or None for a local cluster, ``auto`` for the cluster of this machine, or its URL.
        cores: CPU cores of a local cluster; all by default.

    Raises:
        ArgyroError: no cluster answers at the address, or a local one does not start.
    """
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    with _own_signal_handler():
        if address in (None, "local"):
            _start_here(num_cpus=cores or os.cpu_count(), include_dashboard=False, **options)
        else:
            _join(address, options)


def _join(address: str, options: dict[str, Any]) -> None:
    try:
        _knock(address)
        ray.init(address=address, **options)
    except (OSError, ValueError, RuntimeError) as error:
        raise ArgyroError(
            f"no Ray cluster answers at {address!r} ({error}); start one with `ray start --head`, "
            "give its token (RAY_AUTH_TOKEN or ~/.ray/auth_token), or leave --address out to use this machine"
        ) from error


@contextmanager
def _own_signal_handler() -> Iterator[None]:
    """Restore the program's SIGTERM handler: Ray's handler would abort with a stack trace."""
    kept = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, kept)


def _start_here(**options: Any) -> None:
    """Start a local cluster; retry on a busy machine, as Ray waits only half a minute."""
    for left in reversed(range(STARTS)):
        try:
            with _on_loopback():
                ray.init(address="local", **options)
            return
        except Exception as error:  # Ray has no specific class
            ray.shutdown()
            if not left:
                raise ArgyroError(
                    f"Ray did not start on this machine ({error}); check its load and the space in /tmp, "
                    "or run a campaign without Ray: argyro run my.yaml --inline"
                ) from error


def _knock(address: str) -> None:
    """Fail at once if the address refuses connections; Ray would retry for a long time.

    Raises:
        OSError: the connection is refused, or the machine does not answer.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=KNOCK_S).close()


@contextmanager
def _on_loopback() -> Iterator[None]:
    """Make Ray bind to 127.0.0.1, as on platforms without clusters.

    On Linux Ray replaces an explicit loopback address by the machine's own and listens on all interfaces. Only this
    environment variable, which the node's processes read, prevents that.
    """
    variable, before = ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR, ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER, os.environ[variable] = False, "0"
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before
        del os.environ[variable]
