"""Figures of results: one panel for each quantity, engineering units, nothing that is not data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SimulationError, UsageError
from . import spectrum, style
from .panels import Panel, datasets, panels
from .scale import prefixed

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

FORMATS = (".png", ".pdf", ".svg")
LINE_HEIGHT = 0.195
"""Inches, of a legend."""


def figure(result: xr.Dataset | xr.DataTree, signals: Sequence[str] = ()) -> Figure:
    """A figure of all signals of a result, or of those named (`*` stands for any text).

    Raises UsageError for unknown signals, and when there is nothing to draw.
    """
    import matplotlib
    from matplotlib.figure import Figure

    shown = panels(result, signals)
    height = style.LONE_HEIGHT if len(shown) == 1 else style.PANEL_HEIGHT * len(shown) + 0.7
    with matplotlib.rc_context(style.RC):
        drawing = Figure((style.WIDTH, height), dpi=style.DPI, layout="constrained")
        axes = drawing.subplots(len(shown), squeeze=False)[:, 0]
        for panel, ax in zip(shown, axes, strict=True):
            _draw(ax, panel, _colours(shown, panel.analysis))
            _name_lines(ax, panel, most_names=int(height / len(shown) / LINE_HEIGHT) - 1)
        _share_axes(shown, axes)
        drawing.align_ylabels(axes)
        drawing.suptitle(_title(result), x=0.01, ha="left", fontsize=11.5, fontweight="bold")
    return drawing


def _title(result: xr.Dataset | xr.DataTree) -> str:
    """The netlist's title, with a mark when the run was cut short."""
    title = str(datasets(result)[0].attrs.get("title", ""))[:90]
    return f"{title} (unfinished)" if result.attrs.get("unfinished") else title


def save(result: xr.Dataset | xr.DataTree, path: str | Path, signals: Sequence[str] = ()) -> Path:
    """Write the figure to a .png, .pdf or .svg file and return its path.

    Raises UsageError for other formats and unknown signals, SimulationError when the file cannot be written.
    """
    import matplotlib

    path = Path(path)
    if path.suffix.lower() == ".html":
        raise UsageError(f"interactive pages are not available yet: choose {', '.join(FORMATS)} instead of {path.name}")
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"cannot draw {path.name}: the name must end in {', '.join(FORMATS)}")
    drawing = figure(result, signals)
    try:
        with matplotlib.rc_context(style.RC):
            drawing.savefig(path)
    except OSError as problem:
        raise SimulationError(f"could not write {path}: {problem.strerror}") from problem
    return path


def _draw(ax: Any, panel: Panel, colours: dict[str, Any]) -> None:
    scale, unit = prefixed(panel.unit, [line.y for line in panel.lines])
    axis = spectrum.axis(panel) if panel.axis == "frequency" else _plain_axis(panel)
    for line in panel.lines:
        x, y = axis.place(line.x, line.y / scale)
        marker = "." if len(x) == 1 else None
        ax.plot(x, y, color=colours[line.source], label=line.label, marker=marker)
    ax.set_xlabel(axis.label)
    ax.set_ylabel(f"{panel.quantity} ({unit})" if unit else panel.quantity)
    ax.margins(x=0, y=0.08)
    _mark_quantity(ax, panel)
    axis.finish(ax)


def _colours(shown: Sequence[Panel], analysis: str) -> dict[str, Any]:
    """A port has one colour in all panels of an analysis."""
    return style.colours([line.source for panel in shown if panel.analysis == analysis for line in panel.lines])


def _plain_axis(panel: Panel) -> spectrum.Axis:
    scale, unit = prefixed(panel.axis_unit, [line.x for line in panel.lines])
    return spectrum.Axis(f"{panel.axis} ({unit})" if unit else panel.axis, scale=scale)


def _mark_quantity(ax: Any, panel: Panel) -> None:
    """Limits and ticks that suit the quantity."""
    if panel.unit == "rad" and panel.quantity.startswith("phase of"):
        ax.set_ylim(-1.1 * np.pi, 1.1 * np.pi)
        ax.set_yticks([-np.pi, 0, np.pi], ["−π", "0", "π"])
    elif panel.unit == "dB":
        top = max(float(np.max(line.y)) for line in panel.lines)
        low = min(float(np.min(line.y)) for line in panel.lines)
        ax.set_ylim(max(low, top - 80) - 1, top + max(1.0, 0.05 * min(80, top - low)))


def _name_lines(ax: Any, panel: Panel, most_names: int) -> None:
    """A legend beside the panel; of very many lines, the first ones."""
    handles, labels = ax.get_legend_handles_labels()
    more = len(labels) + panel.left_out - most_names
    if more > 0:
        handles, labels = handles[:most_names], [*labels[: most_names - 1], f"... {more + 1} more"]
    ax.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8.5,
        handlelength=1.2, borderaxespad=0.2, labelspacing=0.3,
    )  # fmt: skip


def _share_axes(shown: Sequence[Panel], axes: Any) -> None:
    """Panels of one analysis have one horizontal axis; only the lowest shows its numbers."""
    for analysis, members in groupby(range(len(shown)), key=lambda k: shown[k].analysis):
        same = [axes[k] for k in members]
        for ax in same[:-1]:
            ax.sharex(same[-1])
            ax.tick_params(labelbottom=False)
            ax.set_xlabel("")
        if len({p.analysis for p in shown}) > 1:
            same[0].set_title(analysis, loc="left", fontsize=9.5, fontweight="bold")
