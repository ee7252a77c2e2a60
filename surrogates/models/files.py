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
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import Rows
from argyro.surrogates.forward.posterior import PosteriorSamples
from argyro.surrogates.forward.reference_discrepancy import Discrepancy
from argyro.surrogates.models.applicability_domain import Domain
from argyro.surrogates.models.candidates import Candidate, kernel_of
from argyro.surrogates.models.fitted import Fitted
from argyro.surrogates.models.model_card import model_card
from argyro.surrogates.models.network_weights import NetworkWeights

FORMAT = 4  # 4: posterior samples of the forward model, discrepancy of the reference


def save(surrogate: Fitted, directory: Path) -> None:
    """Write the surrogate into a directory and create the directory if absent."""
    directory.mkdir(parents=True, exist_ok=True)
    candidate, posterior = surrogate.candidate, surrogate.candidate.posterior
    text = {
        "format": FORMAT,
        "kind": candidate.kind,
        "hyperparameters": [asdict(hyper) for hyper in posterior.hyper],
        "prior": asdict(surrogate.prior),
        "materials": posterior.rows.materials.tolist(),
        "keys": posterior.rows.keys.tolist(),
        "known": list(surrogate.known_means),
        "network": None if surrogate.ensemble is None else dict(surrogate.ensemble.size),
        "calibration": surrogate.calibration,
        "domain": surrogate.domain.to_json(),
        "width_nm": surrogate.width_nm,
        "boundary_excess": surrogate.excess.to_json(),
        "report": surrogate.report,
        "discrepancy": surrogate.discrepancy.to_json(),
        "diagnostics": posterior.diagnostics,
        "frozen": _frozen_words(surrogate.frozen),
    }
    arrays = {name: np.ascontiguousarray(value) for name, value in _arrays(surrogate).items()}
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
            f"{directory} holds no surrogate; create one with a campaign or train_surrogate(...).save(directory)"
        )
    text = json.loads((directory / "surrogate.json").read_text())
    if text["format"] != FORMAT:
        raise InputError(
            f"the surrogate in {directory} has format {text['format']}, this version reads {FORMAT}; `argyro run` "
            "trains it again from the results of its campaign",
            accepted=str(FORMAT),
        )
    arrays = load_file(directory / "surrogate.safetensors")
    prior = ArrheniusPrior(**text["prior"])
    words = (np.array(text["materials"], dtype=str), np.array(text["keys"], dtype=str))
    rows = Rows(arrays["descriptors"], arrays["targets"], *words)
    hyper = [Hyperparameters(**h) for h in text["hyperparameters"]]
    kernel = kernel_of(text["kind"])
    normals = arrays["normals"].astype(float)
    free = arrays["without_rule"].astype(float) if "without_rule" in arrays else None  # absent in earlier files
    candidate = Candidate(text["kind"], PosteriorSamples(kernel, hyper, rows, normals, text["diagnostics"], free))
    known = {name: arrays["known_means"][:, i] for i, name in enumerate(text["known"])}
    domain = Domain.from_json(text["domain"])
    ensemble = _network(text["network"], arrays)
    known_of = (domain, text["width_nm"], BoundaryExcess.from_json(text["boundary_excess"]))
    frozen = _frozen(text.get("frozen"), arrays)
    discrepancy = Discrepancy(**text["discrepancy"])
    return Fitted(
        candidate, ensemble, known, text["calibration"], *known_of, text["report"], prior, discrepancy, frozen
    )


def _arrays(surrogate: Fitted) -> dict[str, np.ndarray]:
    posterior = surrogate.candidate.posterior
    arrays = {
        "descriptors": posterior.rows.descriptors,
        "targets": posterior.rows.targets,
        "normals": posterior.normals.astype(np.float32),
    }
    if posterior.without_rule is not None:
        arrays["without_rule"] = posterior.without_rule.astype(np.float32)
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


def _network(size: dict | None, arrays: dict[str, np.ndarray]) -> NetworkWeights | None:
    if size is None:
        return None
    state = {name.removeprefix("network."): array for name, array in arrays.items() if name.startswith("network.")}
    return NetworkWeights(len(arrays["known_means"]), size, state)
