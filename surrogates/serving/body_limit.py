"""Refusal of request bodies that are too large, before they are read into memory."""

from __future__ import annotations

import json


class BodyLimit:
    """ASGI middleware that answers 413 to bodies above a size, whether or not they state their length."""

    def __init__(self, app, largest_bytes: int):
        self.app, self.largest_bytes = app, largest_bytes

    async def __call__(self, scope, receive, send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, more = b"", True
        while more and len(body) <= self.largest_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > self.largest_bytes:
            await self._refuse(send)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> dict:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, replay, send)

    async def _refuse(self, send) -> None:
        text = f"the body is larger than {self.largest_bytes} bytes; ask in smaller pieces"
        body = json.dumps({"detail": [{"loc": ["body"], "msg": text}]}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
