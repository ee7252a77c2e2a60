"""Command `argyro serve`: predictions over HTTP, with a page of controls and plots."""

from __future__ import annotations

import ipaddress
import os
import secrets
import signal
import sys
import threading
from typing import Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.campaigns.cli.predict import SurrogateOption

TOKEN_VARIABLE = "ARGYRO_TOKEN"


def serve(
    surrogate: SurrogateOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; an address beyond loopback needs a token.")
    ] = "127.0.0.1",
    replicas: Annotated[int, typer.Option(min=1, help="Number of replicas, one core each.")] = 1,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Accepted host name of requests; may be repeated.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="Ray cluster: auto, local or its URL; default: local.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Predict over HTTP with Ray Serve: POST /predict, GET /health, /openapi.json, and a page with plots at /.

    Beyond loopback, requests need the token in ARGYRO_TOKEN, or the printed one. On a cluster, only machines with a
    replica answer.
    """
    from argyro.actors import ray_serve
    from argyro.campaigns.results.find_surrogate import surrogate_folder

    folder = surrogate_folder(surrogate)
    token = None if _is_loopback(host) else os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # acts like Ctrl-C
        ray_serve.start(folder, host, port, replicas, address, token, (host, *(allow_host or ())))
        root = f"http://{host}:{port}/"
        page, interface = root + (f"#{token}" if token else ""), f"{root}openapi.json"
        if json_:
            print_json({"address": page, "interface": interface, "surrogate": str(folder), "token": token})
        else:
            console.print(f"{page}   page\n{interface}   interface; stop with Ctrl-C")
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        ray_serve.stop(address)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
