"""From bulk and grain-boundary diffusivity to the polycrystal."""
