"""Ray Serve deployment of the surrogate: replicas of its HTTP application on one machine or a cluster.

Each replica listens on the port itself. Replicas of one machine share the port, and the kernel distributes
connections; a machine without a replica does not answer. Ray Serve starts, checks and replaces replicas. Its HTTP proxy
is off: it reads headers and bodies without time limits, and it takes longer than an answer.
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
# One thread computes, also inside numpy and torch. Large temporaries return to the system at once; otherwise small
# cached results between them make the heap grow.
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
    """Replica process; its only state is the surrogate from the folder."""

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
                raise RuntimeError(f"the server did not start at {host}:{port}")

    def check_health(self) -> None:
        """Fail if the computing thread is stuck or the server ended; Ray Serve then replaces this replica.

        Raises:
            RuntimeError: the replica cannot answer.
        """
        if self.queue.stuck or self._serving.done():
            raise RuntimeError("the surrogate's computing thread is stuck, or its HTTP server ended")

    async def __del__(self) -> None:
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
    """Start to serve a surrogate over HTTP; return when it answers.

    Args:
        folder: folder of the surrogate; on a cluster, all machines need it under the same path.
        host: address to listen on.
        port: port on every machine with a replica.
        replicas: number of processes, one CPU core each.
        address: address of a Ray cluster; None for a local one.
        token: token that requests must present; None accepts all requests.
        host_names: host names that requests may address, see `RequestGuard`.

    Raises:
        InputError: the address is not available.
                ArgyroError: no cluster answers, or it cannot run the service.
    """
    _require_free(host, port)
    connect(address)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    replica: Any = Replica  # Ray's decorator returns the type of the bare class
    application = replica.options(num_replicas=replicas).bind(
        str(Path(folder).resolve()), host, port, token, list(host_names)
    )
    try:
        serve.start(proxy_location="Disabled", logging_config=QUIET)
        serve.run(application, name=APPLICATION, route_prefix=None, logging_config=QUIET)
    except (RuntimeError, ray.exceptions.RayError) as error:
        raise ArgyroError(f"the service did not start at {host}:{port}: {error}") from error


def stop(address: str | None = None) -> None:
    """Stop the service of `start` at an address, and a local cluster with it."""
    if ray.is_initialized():
        if address not in (None, "local"):
            serve.delete(APPLICATION)
        ray.shutdown()


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        raise InputError(f"{host}:{port} is not available ({error.strerror}); give another --port or --host") from error


def _listen_on_node_address() -> None:
    """Bind a replica's gRPC port, which accepts pickles without authentication, to Ray's address of this node.

    Ray Serve opens it on every interface, even for a cluster on loopback.
    """
    from ray.serve._private import replica

    opened = replica.add_port_to_grpc_server
    replica.add_port_to_grpc_server = lambda server, _: opened(server, f"{ray.util.get_node_ip_address()}:0")
