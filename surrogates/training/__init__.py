"""Train the surrogate and measure its accuracy."""
