"""Sweeps: runs that differ in some values, in blocks side by side, in this process or in many."""
