# %% [markdown]
# # From a composition to a plot
#
# This notebook asks the shipped surrogate for the conductivity of half disordered Li6PS5Cl against grain size, with its
# 95 % interval, compares one point with the finite-element homogenization, and plots the result next to experiment.
# It takes a few seconds.
#
# Open it in Jupyter with [jupytext](https://jupytext.readthedocs.io), or run it:
# `python docs/notebooks/composition_to_plot.py`.

# %%
import matplotlib.pyplot as plt
import pandas as pd

import argyro

# %% [markdown]
# ## Build the cell
# Half of the Cl has left 4a for 4c.

# %%
composition, disorder, boundary = "Li6PS5Cl", 0.5, "sigma5(001)[001]"
bulk = argyro.build_bulk(composition, disorder=disorder, seed=0)
print(bulk.get_chemical_formula(), f"disorder {bulk.info['realised_disorder']:.2f}")

# %% [markdown]
# ## Ask the surrogate
# One row for each temperature and grain size; each uncertain number has `value`, `low` and `high`.

# %%
sizes_nm = [25.0, 50.0, 100.0, 250.0, 1000.0, 5000.0]
answers = pd.DataFrame(argyro.predict(composition, disorder, boundary, (300.0, 400.0), sizes_nm))
sigma = pd.json_normalize(list(answers["conductivity_mS_cm"])).join(answers[["temperature_K", "grain_size_nm"]])
print(sigma.round(1))

# %% [markdown]
# ## Check one point
# The same homogenization from the medians of bulk and boundary.

# %%
first = answers.iloc[0]
effective = argyro.homogenize(
    d_bulk_cm2_s=first["bulk_cm2_s"]["value"],
    d_parallel_cm2_s=first["boundary_parallel_cm2_s"]["value"],
    d_perpendicular_cm2_s=first["boundary_perpendicular_cm2_s"]["value"],
    width_nm=first["width_nm"],
    grain_size_nm=first["grain_size_nm"],
)
print(f"finite elements {effective.mean_cm2_s:.3g}, surrogate {first['effective_cm2_s']['value']:.3g} cm²/s")

# %% [markdown]
# ## Plot

# %%
figure, axes = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
for temperature_K, curve in sigma.groupby("temperature_K"):
    axes.plot(curve["grain_size_nm"], curve["value"], "o-", label=f"surrogate, {temperature_K:g} K")
    axes.fill_between(curve["grain_size_nm"], curve["low"], curve["high"], alpha=0.3)
axes.axhline(1.3, color="black", linestyle="--", label="pellet, 298 K (doi 10.1021/jacs.7b06327)")
axes.set(xscale="log", yscale="log", xlabel="grain size (nm)", ylabel="σ (mS/cm)", title="Li6PS5Cl 50 %")
axes.legend(fontsize=8, loc="center right", bbox_to_anchor=(1, 0.3))
plt.show()

# %% [markdown]
# ![Conductivity against grain size, next to experiment](../pictures/composition_to_plot.png)
#
# Small grains cost conductivity: boundaries block Li in a disordered crystal. The interval holds the bias of
# the reference, but σ at room temperature is above that of a pellet, as in published PBE dynamics
# ([Validation](../validation.md#predicted-and-measured-conductivity)). Use the trend, not the absolute value.
