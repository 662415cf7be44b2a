"""Behaviour written in a netlist: expressions of voltages, currents and time, for B sources and their kin."""

from __future__ import annotations

from .law import Law
from .tree import OPERATIONS, Behaviour, Constant, Operation, Signal, Term, Variable

__all__ = ["OPERATIONS", "Behaviour", "Constant", "Law", "Operation", "Signal", "Term", "Variable"]
