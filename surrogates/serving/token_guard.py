"""Refusal of questions without the token, for a service that others on the network can reach."""

from __future__ import annotations

import json
import secrets

OPEN_PATHS = ("/", "/health")  # the page holds no data, and a load balancer has no token


class TokenGuard:
    """ASGI middleware that answers 401 to requests without ``Authorization: Bearer TOKEN``."""

    def __init__(self, app, token: str):
        self.app, self.expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope, receive, send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._bears_token(scope):
            await self.app(scope, receive, send)
            return
        text = "this service needs its token, as `argyro serve` printed it: Authorization: Bearer TOKEN"
        body = json.dumps({"detail": [{"loc": ["header", "authorization"], "msg": text}]}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _bears_token(self, scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return secrets.compare_digest(given, self.expected)
