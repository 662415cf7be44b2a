"""The elements of electrical circuits, one file a family. A letter is added by adding it to KINDS."""

from __future__ import annotations

from ..scan import Card
from ..values import read_text
from .behavioural import Behavioural
from .controlled import E, F, G, H
from .coupling import K
from .independent import CURRENT, VOLTAGE
from .junction import BIPOLAR, DIODE, JUNCTION_FET, MOS_FET
from .line import Kind, Line, Site
from .links import Links
from .lossless import T
from .passive import CAPACITOR, INDUCTOR, RESISTOR
from .switches import S, W

KINDS: dict[str, Kind] = {
    "b": Behavioural(),
    "c": CAPACITOR,
    "d": DIODE,
    "e": E,
    "f": F,
    "g": G,
    "h": H,
    "i": CURRENT,
    "j": JUNCTION_FET,
    "k": K,
    "l": INDUCTOR,
    "m": MOS_FET,
    "q": BIPOLAR,
    "r": RESISTOR,
    "s": S,
    "t": T,
    "v": VOLTAGE,
    "w": W,
}
"""Letter to the kind of element."""


def read_line(card: Card) -> Line:
    """Read the line of an electrical element. Raises Problem."""
    line = KINDS[card.words[0][0]].read(card)
    if "{" in card.words[0]:
        line.name = read_text(card, 0)
    return line


__all__ = ["KINDS", "Line", "Links", "Site", "read_line"]
