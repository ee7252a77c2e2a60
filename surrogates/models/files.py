"""Files of surrogates: numbers in safetensors, everything else in JSON, no pickles."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from argyro.platform.common.errors import InputError
from argyro.platform.labels.source import LabelSource
from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.foundation_descriptors import FrozenDescriptors
from argyro.surrogates.models.applicability_domain import Domain
from argyro.surrogates.models.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.candidates import Candidate, fit_candidate
from argyro.surrogates.models.fitted import Fitted
from argyro.surrogates.models.gaussian_process import Data
from argyro.surrogates.models.hyperparameters import Hyperparameters
from argyro.surrogates.models.kernels import Rows
from argyro.surrogates.models.model_card import model_card
from argyro.surrogates.models.network_weights import NetworkWeights

FORMAT = 3  # 3: excess of the boundaries among the descriptors


def save(surrogate: Fitted, directory: Path) -> None:
    """Write the surrogate into a directory and create the directory if absent."""
    directory.mkdir(parents=True, exist_ok=True)
    candidate, data = surrogate.candidate, surrogate.candidate.processes[0].data
    text = {
        "format": FORMAT,
        "kind": candidate.kind,
        "hyperparameters": [asdict(hyper) for hyper in candidate.hyper],
        "prior": asdict(surrogate.prior),
        "materials": data.rows.materials.tolist(),
        "keys": data.rows.keys.tolist(),
        "known": list(surrogate.known_means),
        "network": None if surrogate.ensemble is None else dict(surrogate.ensemble.size),
        "calibration": surrogate.calibration,
        "domain": surrogate.domain.to_json(),
        "width_nm": surrogate.width_nm,
        "boundary_excess": surrogate.excess.to_json(),
        "report": surrogate.report,
        "frozen": _frozen_words(surrogate.frozen),
    }
    arrays = {name: np.ascontiguousarray(value) for name, value in _arrays(surrogate, data).items()}
    (directory / "surrogate.safetensors").write_bytes(to_bytes(arrays))  # `save_file` would deny access to other users
    (directory / "surrogate.json").write_text(json.dumps(text, indent=1))
    (directory / "README.md").write_text(model_card(surrogate))


def load(directory: Path) -> Fitted:
    """Read a surrogate.

    Raises:
        InputError: the directory holds no surrogate, or one of another format.
    """
    if not (directory / "surrogate.json").is_file():
        raise InputError(
            f"{directory} holds no surrogate; create one with a campaign or train_surrogate(...).save(directory)",
            given=str(directory),
        )
    text = json.loads((directory / "surrogate.json").read_text())
    if text["format"] != FORMAT:
        raise InputError(
            f"the surrogate in {directory} has format {text['format']}, this version reads {FORMAT}; `argyro run` "
            "trains it again from the results of its campaign",
            given=text["format"],
            accepted=str(FORMAT),
        )
    arrays = load_file(directory / "surrogate.safetensors")
    prior = ArrheniusPrior(**text["prior"])
    words = (np.array(text["materials"], dtype=str), np.array(text["keys"], dtype=str))
    rows = Rows(arrays["descriptors"], arrays["targets"], *words)
    columns = (arrays[name] for name in ("temperatures_K", "log_values", "log_sigmas", "censored"))
    data = Data(rows, *columns)
    candidate: Candidate = fit_candidate(
        text["kind"],
        [Hyperparameters(**h) for h in text["hyperparameters"]],
        data,
        arrays["means"],
        prior,
        list(arrays["pseudo"]) if "pseudo" in arrays else None,
    )
    known = {name: arrays["known_means"][:, i] for i, name in enumerate(text["known"])}
    domain = Domain.from_json(text["domain"])
    ensemble = _network(text["network"], arrays, len(arrays["means"]))
    known_of = (domain, text["width_nm"], BoundaryExcess.from_json(text["boundary_excess"]))
    frozen = _frozen(text.get("frozen"), arrays)
    return Fitted(candidate, ensemble, known, text["calibration"], *known_of, text["report"], prior, frozen)


def _arrays(surrogate: Fitted, data: Data) -> dict[str, np.ndarray]:
    arrays = {
        "descriptors": data.rows.descriptors,
        "targets": data.rows.targets,
        "temperatures_K": data.temperatures_K,
        "log_values": data.log_values,
        "log_sigmas": data.log_sigmas,
        "censored": data.censored,
        "means": np.stack([process.mean for process in surrogate.candidate.processes[: surrogate.members]]),
        "pseudo": np.stack([process.pseudo for process in surrogate.candidate.processes]),
    }
    if surrogate.ensemble is not None:
        arrays["known_means"] = np.stack(list(surrogate.known_means.values()), axis=1)
        arrays |= {f"network.{name}": value for name, value in surrogate.ensemble.state.items()}
    if surrogate.frozen is not None:
        arrays |= {"frozen.centre": surrogate.frozen.centre, "frozen.axes": surrogate.frozen.axes}
    return arrays


def _frozen_words(frozen: FrozenDescriptors | None) -> dict | None:
    if frozen is None:
        return None
    return {"source": frozen.source.source, "kwargs": frozen.source.kwargs, "weights": frozen.weights}


def _frozen(words: dict | None, arrays: dict[str, np.ndarray]) -> FrozenDescriptors | None:
    if words is None:
        return None
    source = LabelSource(words["source"], kwargs=words["kwargs"])
    return FrozenDescriptors(source, words["weights"], arrays["frozen.centre"], arrays["frozen.axes"])


def _network(size: dict | None, arrays: dict[str, np.ndarray], members: int) -> NetworkWeights | None:
    if size is None:
        return None
    state = {name.removeprefix("network."): array for name, array in arrays.items() if name.startswith("network.")}
    return NetworkWeights(members, size, state)
