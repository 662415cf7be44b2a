"""Ways to train a physical circuit, imported as `tdsim.training`."""
