"""Read, unwrap, join and store trajectories."""
