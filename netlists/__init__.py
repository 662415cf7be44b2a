"""Shipped netlists; find them with `importlib.resources.files("tdsim.netlists")`."""
