"""Watchdog that ends a driver without Ray processes; Ray itself would wait for minutes or forever."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import ray

LOOK_EVERY_S = 3.0
CONNECT_S = 3.0
PATIENCE_S = 15.0  # a GCS of a fault-tolerant cluster restarts meanwhile
LAST_S = 20.0  # between the interrupt and the end of the process
RAYLET = "raylet of this machine"
REPAIR = "complete items are kept; run again"
INTERRUPT = signal.SIGUSR2


class Watchdog:
    """Thread that connects to the ports of Ray's processes every few seconds.

    A port that refuses for `PATIENCE_S` raises `KeyboardInterrupt` in the main thread. If the main thread waits in
    compiled code and does not stop the watchdog within `LAST_S`, the process ends with exit code 1.

    Args:
        ports: name of the process -> its address and port.
    """

    def __init__(self, ports: Mapping[str, tuple[str, int]]):
        self.ports = ports
        self.fault = ""
        self._stopped = threading.Event()
        self._handler: Any = None
        self._in_main = threading.current_thread() is threading.main_thread()
        self._thread = threading.Thread(target=self._watch, name="ray-watchdog", daemon=True)

    @classmethod
    def of_this_node(cls) -> Watchdog:
        """Watch the cluster's GCS and this node's raylet."""
        context = ray.get_runtime_context()
        address, _, port = context.gcs_address.rpartition(":")
        ports = {"GCS": (address, int(port))}
        for node in ray.nodes():
            if node["NodeID"] == context.get_node_id():
                ports[RAYLET] = (node["NodeManagerAddress"], node["NodeManagerPort"])
        return cls(ports)

    def start(self) -> Watchdog:
        """Start the thread."""
        if self._in_main:
            self._handler = signal.signal(INTERRUPT, signal.default_int_handler)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop the thread."""
        self._stopped.set()
        self._thread.join()
        if self._in_main and self._handler is not None:
            signal.signal(INTERRUPT, self._handler)

    def _watch(self) -> None:
        answered = time.monotonic()
        while not self._stopped.wait(LOOK_EVERY_S):
            dead = [name for name, port in self.ports.items() if not _answers(*port)]
            if not dead:
                answered = time.monotonic()
            elif time.monotonic() - answered >= PATIENCE_S:
                self._end(dead)
                return

    def _end(self, dead: list[str]) -> None:
        self.fault = f"Ray process died: {' and '.join(dead)}; {REPAIR}"
        if self._in_main:
            signal.pthread_kill(threading.main_thread().ident or 0, INTERRUPT)
        if not self._stopped.wait(LAST_S):
            print(f"argyro: {self.fault}", file=sys.stderr, flush=True)
            os._exit(1)


def _answers(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=CONNECT_S).close()
    except OSError:
        return False
    return True
