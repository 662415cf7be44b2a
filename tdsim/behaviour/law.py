"""What an expression means to a device: the current that it carries, or the voltage that it keeps."""

from __future__ import annotations

from dataclasses import dataclass

from .tree import Term


@dataclass(frozen=True)
class Law:
    """A term that a device obeys between two of its ports.

    positive, negative  the ports
    term                the current from positive to negative through the device (A), or, where there is a branch,
                        the voltage between them (V)
    branch              the branch whose current keeps that voltage; "" for a law of a current
    is_local            whether signals name ports and branches of the device itself, not nets and instances
    """

    positive: str
    negative: str
    term: Term
    branch: str = ""
    is_local: bool = False
