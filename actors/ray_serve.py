"""The surrogate behind Ray Serve: replicas of its HTTP application, on this machine or on a cluster."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Any

import ray
from ray import serve

from argyro.actors.ray_cluster import connect
from argyro.platform.common.errors import ArgyroError, InputError

APPLICATION = "argyro"
# A replica answers in a few milliseconds, one question after the other: let them queue at it, not in the proxy.
ONGOING_REQUESTS = 256
QUIET = {"log_level": "WARNING", "enable_access_log": False}
# One core each: threads of one replica would only take those of the next.
ONE_THREAD = {
    "num_cpus": 1,
    "runtime_env": {"env_vars": {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}},
}


@serve.deployment(
    name="surrogate", max_ongoing_requests=ONGOING_REQUESTS, logging_config=QUIET, ray_actor_options=ONE_THREAD
)
@serve.ingress(None)
class Replica:
    """One process that answers; it holds nothing but what it reads from the surrogate's folder."""

    def __init__(self, folder: str, token: str | None):
        self.folder, self.token = folder, token

    def __serve_build_asgi_app__(self):
        """Load the surrogate, do what the first questions would wait for, and make the application."""
        from argyro.surrogates.serving.http_api import create_app
        from argyro.surrogates.serving.predictor import Oracle

        _listen_on_node_address()
        oracle = Oracle.load(self.folder)
        oracle.warm_up()
        return create_app(oracle, self.token)


def start(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    replicas: int = 1,
    address: str | None = None,
    token: str | None = None,
) -> None:
    """Serve a surrogate over HTTP until `stop`; returns when it answers.

    Args:
        folder: of the surrogate; on a cluster visible to all machines under the same path.
        host: address to listen on.
        port: of every machine's proxy.
        replicas: processes that answer, a CPU core each.
        address: of a Ray cluster; None for one of our own on this machine.
        token: that requests must bear; None needs none.

    Raises:
        InputError: the address cannot be listened on.
        ArgyroError: there is no cluster, or it cannot run the service.
    """
    _require_free(host, port)
    connect(address)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    replica: Any = Replica  # Ray's decorator leaves the type of the bare class
    application = replica.options(num_replicas=replicas).bind(str(Path(folder).resolve()), token)
    try:
        serve.start(http_options={"host": host, "port": port}, logging_config=QUIET)
        serve.run(application, name=APPLICATION, route_prefix="/", logging_config=QUIET)
    except (RuntimeError, ray.exceptions.RayError) as error:
        raise ArgyroError(f"the service did not start at {host}:{port}: {error}") from error


def stop(address: str | None = None) -> None:
    """Take the service off the cluster that `start` was told; one of our own ends altogether."""
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
