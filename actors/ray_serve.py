"""The surrogate behind Ray Serve: replicas of its HTTP application, on this machine or on a cluster.

Each replica listens itself; replicas of one machine share the port, and the kernel distributes connections. Ray Serve
starts, checks and replaces them. Its own HTTP proxy is off: it reads headers and bodies without time limits, and costs
more than an answer.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import ray
from ray import serve

from argyro.actors.ray_cluster import connect
from argyro.platform.common.errors import ArgyroError, InputError

APPLICATION = "argyro"
# One thread computes, also inside numpy and torch. Large temporaries return to the system at once; else the small
# cached results between them keep the heap growing.
ONE_CORE = {
    "num_cpus": 1,
    "runtime_env": {"env_vars": {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "131072"}},
}
QUIET = {"log_level": "WARNING", "enable_access_log": False}


@serve.deployment(
    name="surrogate",
    logging_config=QUIET,
    ray_actor_options=ONE_CORE,
    health_check_period_s=5,
    health_check_timeout_s=10,
    graceful_shutdown_wait_loop_s=0.1,
    graceful_shutdown_timeout_s=5,
)
class Replica:
    """One process that answers; its state is the content of the surrogate's folder."""

    async def __init__(  # type: ignore[misc]  # Ray Serve awaits it
        self, folder: str, host: str, port: int, token: str | None, host_names: list[str]
    ):
        """Load the surrogate, compute an example and listen."""
        from argyro.surrogates.serving.compute_queue import ComputeQueue
        from argyro.surrogates.serving.http_api import create_app
        from argyro.surrogates.serving.http_server import http_server, shared_socket
        from argyro.surrogates.serving.predictor import Oracle

        _listen_on_node_address()
        oracle = Oracle.load(folder)
        oracle.warm_up()
        self.queue = ComputeQueue()
        self.server = http_server(create_app(oracle, token, self.queue, host_names))
        self._serving = asyncio.create_task(self.server.serve(sockets=[shared_socket(host, port)]))
        while not self.server.started:
            await asyncio.wait([self._serving], timeout=0.05)
            if self._serving.done():
                raise RuntimeError(f"{host}:{port} cannot be served")

    def check_health(self) -> None:
        """Fail if the computing thread hangs or the server ended; Ray Serve then replaces this replica.

        Raises:
            RuntimeError: either.
        """
        if self.queue.stuck or self._serving.done():
            raise RuntimeError("the surrogate's computing thread hangs, or its HTTP server ended")

    async def __del__(self):
        self.server.should_exit = True


def start(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    replicas: int = 1,
    address: str | None = None,
    token: str | None = None,
    host_names: tuple[str, ...] = (),
) -> None:
    """Serve a surrogate over HTTP until `stop`; returns when it answers.

    Args:
        folder: of the surrogate; on a cluster visible to all machines under the same path.
        host: address to listen on.
        port: on every machine that has a replica.
        replicas: processes that answer, a CPU core each.
        address: of a Ray cluster; None for one of our own on this machine.
        token: that requests must bear; None needs none.
        host_names: names that requests may address, see `RequestGuard`.

    Raises:
        InputError: the address cannot be listened on.
        ArgyroError: there is no cluster, or it cannot run the service.
    """
    _require_free(host, port)
    connect(address)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    replica: Any = Replica  # Ray's decorator leaves the type of the bare class
    application = replica.options(num_replicas=replicas).bind(
        str(Path(folder).resolve()), host, port, token, list(host_names)
    )
    try:
        serve.start(proxy_location="Disabled", logging_config=QUIET)
        serve.run(application, name=APPLICATION, route_prefix=None, logging_config=QUIET)
    except (RuntimeError, ray.exceptions.RayError) as error:
        raise ArgyroError(f"the service did not start at {host}:{port}: {error}") from error


def stop(address: str | None = None) -> None:
    """End the service that `start` made at an address; a cluster of our own ends as well."""
    if ray.is_initialized():
        if address not in (None, "local"):
            serve.delete(APPLICATION)
        ray.shutdown()


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        raise InputError(
            f"{host}:{port} cannot be listened on ({error.strerror}); give another --port or --host",
            path="port",
            given=port,
            accepted="a free port",
        ) from error


def _listen_on_node_address() -> None:
    """Keep a replica's own port, which takes pickles from anyone, to the address that Ray has on this node.

    Ray Serve opens it on every interface, also where the cluster is on loopback.
    """
    from ray.serve._private import replica

    opened = replica.add_port_to_grpc_server
    replica.add_port_to_grpc_server = lambda server, _: opened(server, f"{ray.util.get_node_ip_address()}:0")
