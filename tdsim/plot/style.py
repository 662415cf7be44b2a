"""How figures look: colours that colour-blind readers tell apart, light grids, no boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444")
"""Okabe and Ito, without the yellow that white paper swallows."""
INK, PALE = "#333333", "#e4e4e4"
WIDTH, PANEL_HEIGHT, LONE_HEIGHT = 8.5, 2.2, 3.8
"""Inches."""
DPI = 150
RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#999999",
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.7,
    "xtick.color": "#777777",
    "ytick.color": "#777777",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.4,
    "lines.solid_joinstyle": "round",
    "svg.fonttype": "none",
}


def colours(sources: Sequence[str]) -> dict[str, Any]:
    """A colour for each source: distinct ones for a few, a scale from dark to light for many."""
    distinct = list(dict.fromkeys(sources))
    if len(distinct) <= len(COLOURS):
        return dict(zip(distinct, COLOURS, strict=False))
    from matplotlib import colormaps

    scale = colormaps["viridis"]
    return {name: scale(0.9 * k / (len(distinct) - 1)) for k, name in enumerate(distinct)}
