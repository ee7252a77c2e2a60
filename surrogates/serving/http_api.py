"""The surrogate over HTTP: POST /predict and /curves, GET /health and /options, and a page with plots."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.homogenized.polycrystal import smallest_grain_nm
from argyro.surrogates.models.surrogate import Query
from argyro.surrogates.serving.body_limit import BodyLimit
from argyro.surrogates.serving.predictor import COLDEST_K, HOTTEST_K, LARGEST_GRAIN_NM, Oracle
from argyro.surrogates.serving.provenance import origin
from argyro.surrogates.serving.token_guard import TokenGuard

LARGEST_BODY_BYTES = 64 * 1024
MOST_POINTS = 64

Kelvin = Annotated[float, Field(ge=COLDEST_K, le=HOTTEST_K, allow_inf_nan=False)]
Nanometres = Annotated[float, Field(gt=0, le=LARGEST_GRAIN_NM, allow_inf_nan=False)]


class MaterialQuestion(BaseModel):
    """A composition, its disorder and the grain boundary."""

    model_config = ConfigDict(extra="forbid", strict=True)

    composition: Annotated[str, Field(min_length=1, max_length=64, examples=["Li6PS5Cl"])]
    disorder: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    boundary: Annotated[str, Field(min_length=1, max_length=64, examples=["sigma5(001)[001]", "bulk"])] = "bulk"


class PredictQuestion(MaterialQuestion):
    """One temperature and grain size."""

    temperature_K: Kelvin = 300.0
    grain_size_nm: Nanometres = 1000.0


class CurvesQuestion(PredictQuestion):
    """Temperatures for the diffusivities, grain sizes for the conductivity at temperature_K."""

    temperatures_K: Annotated[list[Kelvin], Field(min_length=1, max_length=MOST_POINTS)]
    grain_sizes_nm: Annotated[list[Nanometres], Field(min_length=1, max_length=MOST_POINTS)]


class UncertainNumber(BaseModel):
    """A value with its 95 % limits."""

    value: float
    low: float
    high: float


class PredictAnswer(BaseModel):
    """The keys of `argyro predict --json`."""

    composition: str
    disorder: float
    boundary: str
    temperature_K: float
    grain_size_nm: float
    width_nm: float | None
    bulk_cm2_s: UncertainNumber
    boundary_parallel_cm2_s: UncertainNumber | None
    boundary_perpendicular_cm2_s: UncertainNumber | None
    effective_cm2_s: UncertainNumber
    conductivity_mS_cm: UncertainNumber
    activation_energy_eV: UncertainNumber
    in_domain: bool
    warnings: list[str]
    notes: list[str]
    label_source: str


def create_app(oracle: Oracle, token: str | None = None) -> FastAPI:
    """Make the application of one surrogate; any ASGI server can run it.

    Questions are answered in the event loop, one after the other, since each takes a few milliseconds of one core;
    curves, and the building of a structure that was never asked for, go to a thread.

    Args:
        oracle: surrogate and polycrystal.
        token: that questions must bear; None needs none.
    """
    app = FastAPI(
        title="argyro surrogate",
        description="Li diffusivity and conductivity of polycrystalline argyrodites",
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
    )
    app.add_middleware(BodyLimit, largest_bytes=LARGEST_BODY_BYTES)
    if token is not None:
        app.add_middleware(TokenGuard, token=token)
    page = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")

    @app.exception_handler(InputError)
    async def refuse(_: Request, error: InputError) -> JSONResponse:
        detail = {"loc": [error.path], "msg": str(error), "given": repr(error.given), "accepted": error.accepted}
        return JSONResponse({"detail": [detail]}, status_code=422)

    @app.exception_handler(RequestValidationError)
    async def refuse_body(_: Request, error: RequestValidationError) -> JSONResponse:
        # FastAPI's own handler repeats the input, and JSON has no word for a NaN among it
        kept = ("loc", "msg", "type")
        detail = [{name: entry[name] for name in kept} | {"given": repr(entry["input"])} for entry in error.errors()]
        return JSONResponse({"detail": detail}, status_code=422)

    @app.post("/predict", response_model=PredictAnswer)
    async def predict(question: PredictQuestion) -> JSONResponse:
        """Diffusivities and conductivity at one temperature and grain size."""
        query = await _query(oracle, question)
        return JSONResponse(oracle.answer_query(query, question.temperature_K, question.grain_size_nm))

    @app.post("/curves")
    async def curves(question: CurvesQuestion) -> JSONResponse:
        """Diffusivities over temperature and conductivity over grain size."""
        query = await _query(oracle, question)
        point = (question.temperature_K, question.grain_size_nm)
        answer = oracle.answer_query(query, *point)
        found = await run_in_threadpool(oracle.curves, query, question.temperatures_K, question.grain_sizes_nm, *point)
        return JSONResponse({"answer": answer, "curves": found})

    @app.get("/health")
    async def health() -> dict:
        """Whether the surrogate answers, and which model it is."""
        report = oracle.surrogate.report
        return {
            "status": "ok",
            "shipped": report.get("shipped"),
            "values": report.get("values"),
            "bounds": report.get("bounds"),
        }

    @app.get("/options")
    async def options() -> dict:
        """What can be asked, and where the answers come from."""
        surrogate = oracle.surrogate
        return {
            "example": asdict(oracle.example()),
            "boundaries": sorted({"bulk", *surrogate.domain.boundaries}),
            "compositions": sorted({name.split("|")[0] for name in surrogate.report.get("materials", [])}),
            "smallest_grain_nm": smallest_grain_nm(surrogate.width_nm or 1.0),
            "origin": origin(surrogate),
        }

    @app.get("/", response_class=HTMLResponse)
    async def home() -> str:
        """A page with controls and plots."""
        return page

    return app


async def _query(oracle: Oracle, question: MaterialQuestion) -> Query:
    identity = Identity.of(question.composition, question.disorder, question.boundary)
    if identity in oracle.kept or not oracle.surrogate.needs_structure(identity):
        return oracle.query(question.composition, question.disorder, question.boundary)
    return await run_in_threadpool(oracle.query, question.composition, question.disorder, question.boundary)
