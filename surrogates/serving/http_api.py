"""HTTP interface: POST /predict and /curves, GET /health and /options, and a page with plots."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cachetools import LRUCache
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Limits, Uncertain
from argyro.surrogates.homogenized.polycrystal import smallest_grain_nm
from argyro.surrogates.serving.compute_queue import ComputeQueue, QueueFull, Steps
from argyro.surrogates.serving.middleware import RequestGuard
from argyro.surrogates.serving.population import Population
from argyro.surrogates.serving.predictor import COLDEST_K, HOTTEST_K, LARGEST_GRAIN_NM, AnyQuery, Oracle
from argyro.surrogates.serving.provenance import origin
from argyro.surrogates.serving.refusals import refusal

LARGEST_BODY_BYTES = 64 * 1024
MOST_POINTS = 64
MOST_PREDICTIONS_WAITING = 512
MOST_CURVES_WAITING = 64
HEALTH_WAIT_S = 0.5
RETRY_AFTER_S = 5
RENDERED_ANSWERS = 2048  # of about 2 kB
PAGE_POLICY = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

BEARER = HTTPBearer(auto_error=False)
Kelvin = Annotated[float, Field(ge=COLDEST_K, le=HOTTEST_K, allow_inf_nan=False)]
Nanometres = Annotated[float, Field(gt=0, le=LARGEST_GRAIN_NM, allow_inf_nan=False)]


class MaterialQuestion(BaseModel):
    """Composition, site disorder (default: measured) and boundaries (default: the trained ones in equal shares)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    composition: Annotated[str, Field(min_length=1, max_length=64, examples=["Li6PS5Cl"])]
    disorder: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    boundary: Annotated[str, Field(min_length=1, max_length=512, examples=["sigma5(001)[001]", "bulk"])] | None = None
    boundaries: Annotated[dict[str, float], Field(min_length=1, max_length=32)] | None = None


class PredictQuestion(MaterialQuestion):
    """One temperature and one grain size."""

    temperature_K: Kelvin = 300.0
    grain_size_nm: Nanometres = 1000.0


class CurvesQuestion(PredictQuestion):
    """Temperatures of the diffusivities, and grain sizes of the conductivity at temperature_K."""

    temperatures_K: Annotated[list[Kelvin], Field(min_length=1, max_length=MOST_POINTS)]
    grain_sizes_nm: Annotated[list[Nanometres], Field(min_length=1, max_length=MOST_POINTS)]


class Disorder(BaseModel):
    """Share of the halide off 4a, with its origin; `given_reference` for a composition whose disorder was predicted."""

    value: float
    low: float
    high: float
    given_reference: Limits | None = None
    origin: str


class HavenRatio(BaseModel):
    """D_tracer / D_charge, with its origin."""

    value: float
    low: float
    high: float
    origin: str


class Comparison(BaseModel):
    """Published conductivities of the composition."""

    experiment_mS_cm: dict[str, float] | None
    theory_mS_cm: dict[str, float] | None
    values: list[dict]


class PredictAnswer(BaseModel):
    """Keys of `argyro predict --json`."""

    composition: str
    disorder: Disorder
    boundary: str
    boundaries: dict[str, float]
    temperature_K: float
    grain_size_nm: float
    width_nm: float | None
    bulk_cm2_s: Uncertain
    boundary_parallel_cm2_s: Uncertain | None
    boundary_perpendicular_cm2_s: Uncertain | None
    effective_cm2_s: Uncertain
    conductivity_mS_cm: Uncertain
    activation_energy_eV: Uncertain
    haven_ratio: HavenRatio
    reference_factor: Uncertain
    uncertainty_shares: dict[str, float]
    without_meyer_neldel: dict[str, Uncertain] | None
    published: Comparison
    in_domain: bool
    warnings: list[str]
    notes: list[str]
    label_source: str


def create_app(
    oracle: Oracle, token: str | None = None, queue: ComputeQueue | None = None, host_names: Sequence[str] = ()
) -> FastAPI:
    """Make the ASGI application of one surrogate.

    The event loop computes nothing. One thread computes the queued questions; a cache answers repeated ones.

    Args:
        oracle: surrogate and polycrystal.
        token: token that requests must present; None accepts all requests.
        queue: compute queue; None makes one.
        host_names: host names that requests may address, see `RequestGuard`.
    """
    app = FastAPI(
        title="argyro surrogate",
        description="Li diffusivity and conductivity of polycrystalline argyrodites",
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
        openapi_url=None,  # below, behind the token
    )
    app.add_middleware(RequestGuard, largest_body_bytes=LARGEST_BODY_BYTES, host_names=host_names)
    _handle_errors(app)
    answers = _Answers(oracle, ComputeQueue() if queue is None else queue)
    guarded = [] if token is None else [Depends(_token_check(token))]

    @app.post("/predict", response_model=PredictAnswer, dependencies=guarded)
    async def predict(question: PredictQuestion, request: Request) -> Response:
        """Return diffusivities and conductivity at one temperature and grain size."""
        return await answers.predict(question, request)

    @app.post("/curves", dependencies=guarded)
    async def curves(question: CurvesQuestion, request: Request) -> Response:
        """Return diffusivities over temperature and conductivity over grain size."""
        return await answers.curves(question, request)

    @app.get("/health")
    async def health() -> JSONResponse:
        """Return the state of the computing thread and the model; ``busy`` during long computations."""
        state = await answers.health()
        report = oracle.surrogate.report
        document = {"status": state, **{name: report.get(name) for name in ("shipped", "values", "bounds")}}
        return JSONResponse(document, status_code=503 if state == "stuck" else 200)

    @app.get("/options", dependencies=guarded)
    async def options() -> dict:
        """Return possible questions and the origin of the answers."""
        surrogate = oracle.surrogate
        return {
            "example": asdict(oracle.example()),
            "boundaries": sorted({"bulk", *surrogate.domain.boundaries}),
            "population": oracle.population().label,
            "compositions": sorted({name.split("|")[0] for name in surrogate.report.get("materials", [])}),
            "smallest_grain_nm": smallest_grain_nm(surrogate.width_nm or 1.0),
            "origin": origin(surrogate),
        }

    @app.get("/openapi.json", dependencies=guarded, include_in_schema=False)
    async def interface() -> dict:
        return app.openapi()

    page = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    policy = PAGE_POLICY.format(script=_script_hash(page))

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return Response(page, media_type="text/html", headers={"content-security-policy": policy})

    return app


class _Answers:
    """Answers from the compute queue or the cache of rendered answers."""

    def __init__(self, oracle: Oracle, queue: ComputeQueue):
        self.oracle, self.queue = oracle, queue
        self.rendered: LRUCache[tuple, bytes] = LRUCache(RENDERED_ANSWERS)

    async def predict(self, question: PredictQuestion, request: Request) -> Response:
        key = tuple(repr(value) for value in question.model_dump().values())
        body = self.rendered.get(key)
        if body is None:
            body = await self._computed(self._predict_steps(question), MOST_PREDICTIONS_WAITING, request)
            self.rendered[key] = body
        return Response(body, media_type="application/json")

    async def curves(self, question: CurvesQuestion, request: Request) -> Response:
        body = await self._computed(self._curves_steps(question), MOST_CURVES_WAITING, request)
        return Response(body, media_type="application/json")

    async def health(self) -> str:
        """Return ``ok``, ``busy`` or ``stuck`` within HEALTH_WAIT_S."""
        future = self.queue.submit(_no_steps(), most_waiting=2 * MOST_PREDICTIONS_WAITING, first=True)
        try:
            await asyncio.wait_for(asyncio.wrap_future(future), HEALTH_WAIT_S)
        except TimeoutError:
            return "stuck" if self.queue.stuck else "busy"
        return "ok"

    def _query(self, question: MaterialQuestion) -> AnyQuery:
        if question.boundary is not None and question.boundaries is not None:
            message = "boundary and boundaries are both given; give one of them"
            raise InputError(message, path="boundaries", accepted="boundary or boundaries")
        boundaries = None if question.boundaries is None else Population.of(question.boundaries).label
        return self.oracle.ask(question.composition, question.disorder, boundaries or question.boundary)

    def _predict_steps(self, question: PredictQuestion) -> Steps:
        query = self._query(question)
        yield
        answer = self.oracle.answer_query(query, question.temperature_K, question.grain_size_nm)
        return _json(answer)

    def _curves_steps(self, question: CurvesQuestion) -> Steps:
        query = self._query(question)
        yield
        point = (question.temperature_K, question.grain_size_nm)
        answer = self.oracle.answer_query(query, *point)
        yield
        found = yield from self.oracle.curves_steps(query, question.temperatures_K, question.grain_sizes_nm, *point)
        return _json({"answer": answer, "curves": found})

    async def _computed(self, steps: Steps, most_waiting: int, request: Request) -> bytes:
        """Wait for a computation; cancel it if the client disconnects.

        Raises:
            HTTPException: 503, the queue is full or the computation takes too long.
        """
        try:
            future = asyncio.wrap_future(self.queue.submit(steps, most_waiting))
        except QueueFull:
            raise _unavailable(f"{most_waiting} questions wait; ask again later") from None
        client = asyncio.ensure_future(request.receive())  # returns when the client disconnects
        try:
            await asyncio.wait({future, client}, timeout=self.queue.time_limit_s, return_when=asyncio.FIRST_COMPLETED)
            if not future.done():
                limit = f"the answer exceeds {self.queue.time_limit_s:g} s; ask for fewer points, or later"
                raise _unavailable("the client disconnected" if client.done() else limit)
            return future.result()
        except TimeoutError as error:
            raise _unavailable(str(error)) from None
        finally:
            future.cancel()
            client.cancel()


def _no_steps() -> Steps:
    return None
    yield


def _json(document: dict) -> bytes:
    return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()


def _unavailable(message: str) -> HTTPException:
    detail = [{"loc": ["service"], "msg": message}]
    return HTTPException(503, detail, headers={"retry-after": str(RETRY_AFTER_S)})


def _token_check(token: str) -> Callable[..., Awaitable[None]]:
    """Make the FastAPI dependency that refuses requests without the token."""

    async def require_token(given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> None:
        if given is None or not secrets.compare_digest(given.credentials.encode(), token.encode()):
            message = (
                "token missing or wrong; send Authorization: Bearer TOKEN with the token that `argyro serve` printed"
            )
            detail = [{"loc": ["header", "authorization"], "msg": message}]
            raise HTTPException(401, detail, headers={"www-authenticate": "Bearer"})

    return require_token


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(InputError)
    async def refuse(_: Request, error: InputError) -> JSONResponse:
        detail = {"loc": [error.path], "msg": str(error), "accepted": error.accepted}
        return JSONResponse({"detail": [detail]}, status_code=422)

    @app.exception_handler(RequestValidationError)
    async def refuse_body(_: Request, error: RequestValidationError) -> JSONResponse:
        # FastAPI's own handler repeats the input; JSON cannot hold a NaN in it
        detail = [refusal(entry, list(CurvesQuestion.model_fields)) for entry in error.errors()]
        return JSONResponse({"detail": detail}, status_code=422)


def _script_hash(page: str) -> str:
    """Hash the page's script for its content security policy."""
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
