"""Every number of the model: one TOML file for each process, read by ``sim.parameters.register``."""
