"""What SPICE has and tdsim does not have yet: refused with a sentence that names it, never skipped."""

from __future__ import annotations

from .problems import Problem
from .scan import Card, Place

MODEL_TYPES = frozenset(
    (
        *("r", "res", "c", "cap", "l", "ind", "d", "sw", "csw", "vswitch", "iswitch"),
        *("npn", "pnp", "nmos", "pmos", "njf", "pjf"),
    )
)
"""Types of .model cards that belong to electrical elements."""

NEVER = {
    "a": "XSPICE code models",
    "n": "OSDI (Verilog-A) models",
    "o": "lossy transmission lines",
    "p": "coupled transmission lines",
    "u": "RC lines",
    "y": "TXL lines",
    "z": "MESFETs",
}
"""Letters of ngspice that tdsim leaves out."""

CARDS = {
    ".noise": "the noise analysis",
}
"""Cards of later capabilities."""

DEVICES = {
    "diode_laser": "rate equations of lasers", "vcsel": "rate equations of lasers", "soa": "saturable gain",
    "absorber": "saturable absorption", "eam": "electro-absorption", "pcm": "phase-change memory",
    "touchstone": "Touchstone files", "tia": "converters and logic", "opamp": "converters and logic",
    "adc": "converters and logic", "dac": "converters and logic", "comparator": "converters and logic",
    "clock": "converters and logic", "dff": "converters and logic", "gate": "converters and logic",
    "sample_hold": "converters and logic", "neuron": "behavioural neurons", "weight_bank": "weight banks",
}  # fmt: skip
"""Devices of later capabilities."""

NEVER_CARDS = {
    ".sens": "sensitivity", ".pz": "pole-zero", ".tf": "transfer function", ".disto": "distortion",
    ".four": "Fourier", ".sp": "ngspice's S-parameter", ".pss": "periodic steady state", ".csparam": "script parameter",
}  # fmt: skip


def refuse_card(card: Card) -> None:
    """Raise Problem when the card belongs to a later capability or is left out for good."""
    head = card.words[0]
    if head in CARDS:
        raise Problem(f"{head} is not available yet: {CARDS[head]} will come with a later version", Place(card))
    if head in NEVER_CARDS:
        raise Problem(f"{head}: {NEVER_CARDS[head]} analysis of ngspice is not part of tdsim", Place(card))


def refuse_letter(card: Card) -> None:
    """Raise Problem when the element's letter means something in ngspice and nothing here yet."""
    letter = card.words[0][0]
    if letter in NEVER:
        raise Problem(f"{card.words[0]!r}: {NEVER[letter]} of ngspice are not part of tdsim", Place(card))
