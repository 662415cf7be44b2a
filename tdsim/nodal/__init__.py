"""Electrical circuits: the equations of all nodes and branches, and their solution at rest and in time."""
