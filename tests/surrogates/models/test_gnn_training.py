"""Graph networks learn what their own values hold, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.network_targets import network_targets
from argyro.surrogates.models.training_arrays import examples_of

PRIOR = ArrheniusPrior()


@pytest.fixture(scope="module")
def task(small_campaign):
    examples = examples_of(small_campaign)
    return examples.graphs(None), network_targets(examples.runs, examples.structure_of_run, PRIOR)


def trained(graphs, sets, steps):
    from argyro.surrogates.models.gnn_training import NetworkTraining, network_coefficients, train_ensemble

    ensemble = train_ensemble(graphs, sets, NetworkTraining(members=2, steps=steps), PRIOR, seed=0)
    return network_coefficients(ensemble, graphs, PRIOR)


def test_the_networks_of_a_set_are_blind_to_all_other_sets(task):
    graphs, data = task
    other = replace(data, log_values=data.log_values + 3.0)
    before, after = (trained(graphs, [data, second], 6) for second in (data, other))
    np.testing.assert_array_equal(after[:2], before[:2])
    assert np.abs(after[2:] - before[2:]).max() > 1e-3


def test_networks_reproduce_the_values_that_they_are_trained_on(task):
    graphs, data = task
    fitted = trained(graphs, [data], 200).mean(axis=0)[data.graphs, data.targets]
    fit = PRIOR.offset + (fitted * PRIOR.basis(data.temperatures_K)).sum(axis=1)
    error = fit - data.log_values
    spread = data.log_values.std()
    assert np.sqrt((error**2).mean()) < 0.3 * spread
