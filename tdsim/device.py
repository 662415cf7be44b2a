"""What a component is: ports, parameters, states, delay lines and the equations that join them.

A device is one class in one file. Its body declares what a user may name, and gives the physics as small functions
of named numbers. Everything else (parameter checks, the manual page, the loops over instances, carriers, runs and
time, the transpose) is derived from that declaration.

A linear optical device is described by up to three functions. Each is linear in the incident waves `a` (one field a
port) and in the internal variables `x` (one field a line or state):

    scatter(p, a[, x])   the waves that leave, one a port, in port order
    feed(p, a, x)        the waves that enter its delay lines, one a line
    flow(p, a, x)        the time derivatives of its states, one a state (1/s)

A linear electrical device is described by functions that are linear in the voltages `v` (one field a port and inner
node) and in the currents `x` (one field a branch; the branch of an instance that the device names is x.other, of two
x.first and x.second):

    conduct(p, v, x)     currents into the device at its ports and inner nodes (A), then one residual a branch
    store(p, v, x)       charges there (C), then fluxes: conduct + d/dt store = drive
    drive(p)             what drives it from outside, linear in the parameters that follow a source shape

A non-linear electrical device says which differences its `controls` are and along which `paths` its currents flow:

    characteristic(p, u)   flows, slopes, charges and capacitances, one a path, for the controls u; a `kernel`
    limit(p, u, before)    the controls that Newton's method may go to from `before`; a `kernel`, and optional
    prepare(values, ambient, nominal)   the numbers p, a NamedTuple of floats, of one instance at these temperatures of
                                   the circuit and of its parameters (degC); runs once, in Python

A device with `switches = 1` is on one of two branches. Its characteristic(p, u, state) is smooth for a state of 0 or 1
that holds during a step; the state changes at the located instant at which margin(p, u, state), a kernel, falls below
0.

A device with `walked` paths has capacitances there that are no derivative of a charge, i = C(u) du/dt. Its
characteristic(p, u, origin) gives C(u) (u - origin) as the charge of such a path, and nothing else; the derivative by u
is that at a fixed origin. (The origin is where a stage of the integrator starts: so the currents are right to its
order, which no charge as a function of u alone could make them.)

A device that follows expressions gives them as laws (tdsim.behaviour.Law), with every parameter a number:

    laws(values, ambient)   the laws of one instance, at this temperature of the circuit (degC)
    histories(values)       with `uic`, what comes out of each delay() of its laws at first; without: what goes in

Two declarations join light and electronics:

    detect(p, a)         what arriving light makes of the drivable parameters that `detected` names, for `drive`; `a`
                         has a field (carriers, runs, times) for each optical port
    followed             drivable parameters of the optics that follow a branch or an inner node of the electronics

`p` carries the parameters and what `derive(p)` made of them. In `derive` and in these functions every number may be
an array that stands for many instances, carriers and runs at once: use NumPy functions and no `if` on values.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple, TypeVar

from .errors import UsageError, nearest

Function = TypeVar("Function", bound=Callable[..., Any])

OPTICAL, ELECTRICAL, LOGIC = "optical", "electrical", "logic"


def plain_name(name: str) -> str:
    """A name in a class body as users write it: `is_` stands for "is", which Python keeps for itself."""
    return name.rstrip("_")


class _Declared:
    """A named thing in a device's class body."""

    name: str

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = plain_name(name)


class Port(_Declared):
    """A terminal of a device. `optional` ports may be left out of the node list."""

    def __init__(self, domain: str, doc: str, optional: bool = False):
        self.domain, self.doc, self.optional = domain, doc, optional


def optical(doc: str, optional: bool = False) -> Port:
    """Declare an optical port."""
    return Port(OPTICAL, doc, optional)


def electrical(doc: str, optional: bool = False) -> Port:
    """Declare an electrical port."""
    return Port(ELECTRICAL, doc, optional)


def logic(doc: str, optional: bool = False) -> Port:
    """Declare a logic port."""
    return Port(LOGIC, doc, optional)


def numbered(domain: str, doc: str, names: Iterable[str]) -> dict[str, Port]:
    """Ports of a device whose count depends on its parameters (a star coupler, a resonator)."""
    ports = {}
    for name in names:
        ports[name] = Port(domain, doc)
        ports[name].name = name
    return ports


class Param(_Declared):
    """A parameter that a user may set.

    default    SI value; a string for text and choices; a tuple for lists
    unit       SI unit, "1" for pure numbers, "" for text
    bounds     inclusive (low, high); a bound of +-inf is open
    trainable  may be marked by `.train`
    drivable   a source shape may stand in its place
    choices    the allowed words; the parameter is then a word, not a number
    kind       "number", "list" (of numbers), "text" or "expression" (a Behaviour, None when not given); `choices`
               implies "text"
    smooth     False for a count or an instant, which nothing can be differentiated by
    """

    def __init__(
        self,
        default: Any,
        unit: str,
        doc: str,
        bounds: tuple[float, float] = (-math.inf, math.inf),
        trainable: bool = False,
        drivable: bool = False,
        choices: tuple[str, ...] = (),
        kind: str = "number",
        smooth: bool = True,
    ):
        self.smooth = smooth
        self.default, self.unit, self.doc, self.bounds = default, unit, doc, bounds
        self.trainable, self.drivable, self.choices = trainable, drivable, choices
        self.kind = "text" if choices else kind


class Derived(_Declared):
    """A number that `derive` makes from the parameters."""

    def __init__(self, unit: str, doc: str):
        self.unit, self.doc = unit, doc


class Line(_Declared):
    """A delay line inside the device: x.NAME(t) is what `feed` gave it at t - delay.

    delay    names the parameter or derived number (s) that holds the delay
    reverse  the line of this device in which the same light goes back when time runs backwards; "" where there is none
    """

    def __init__(self, delay: str, doc: str, reverse: str = ""):
        self.delay, self.doc, self.reverse = delay, doc, reverse


class State(_Declared):
    """A continuous state of the device; `flow` gives its time derivative.

    real     a real number, not a complex amplitude
    reverse  what becomes of it when time runs backwards: "" its complex conjugate, "negate" minus that, or the name of
             the state of this device that takes its conjugate (a wave that goes round the other way)
    """

    def __init__(self, unit: str, doc: str, real: bool = False, reverse: str = ""):
        self.unit, self.doc, self.real, self.reverse = unit, doc, real, reverse


class Branch(_Declared):
    """An unknown of an electrical device, most often the current through it, with an equation of its own."""

    def __init__(self, unit: str, doc: str):
        self.unit, self.doc = unit, doc


class Inner(_Declared):
    """A node inside an electrical device, such as the one behind a series resistance.

    onto  the port that stands for it in instances that do not have it
    """

    def __init__(self, doc: str, onto: str = ""):
        self.doc, self.onto = doc, onto


class Quantity(NamedTuple):
    """What a non-linear device shows as `@instance[name]`: of(p, u, flows, slopes, charges, capacitances), as
    `characteristic` takes and gives them."""

    unit: str
    doc: str
    of: Callable[[Any, Any, Any, Any, Any, Any], float]


Pair = tuple[str, str]
"""Two ports or inner nodes of a device, "" standing for ground; or a branch and ""."""


def exp(x: float) -> float:
    """e^x, for kernels: compiled code has one that is fast for many devices or runs at once (see `nodal.curves`)."""
    return math.exp(x)


def log(x: float) -> float:
    """The natural logarithm, for kernels."""
    return math.log(x)


kernels: list[Callable[..., Any]] = []
"""All functions marked by `kernel`."""


def kernel(function: Function) -> Function:
    """Mark a function of scalars that compiled code calls; in Python it stays the function that it is.

    It may call NumPy's and math's functions and other kernels, and nothing else. Of assignments, branches and returned
    values alone, the law is evaluated for eight runs at once where many go together; `exp` and `log` of this module,
    `math.sqrt`, `abs`, `min` and `max` are fast there.
    """
    kernels.append(function)
    return function


class Device:
    """Base of all devices. Subclass with `class Coupler(Device, name="coupler")` to add one to the library.

    Class attributes a device may set:
        reciprocal  S equals its transpose (True unless said otherwise)
        passive     never gives out more than it took in (True unless said otherwise)
        adds        ports at which what it emits is added to what it scatters; none: its ports emit and nothing else
        references  how many instance names follow the nodes, or stand in their place (a K element has two)
        couples     its hooks end with one more residual for each instance that it names (mutual inductance)
        controls    pairs whose voltage differences (or one branch current) a non-linear device depends on
        switches    1 for a device that is in one of two states, between which it jumps
        depends     for each path the places of the controls that its current and charge depend on; all where not said
        starts      which parameter gives the voltage from the second to the first of a pair when a transient has `uic`
        walked      those of its paths whose charges depend on the way that the controls took
        quantities  what it shows of its operating point, by name: `@m1[gm]`
        shows       other names of its parameters and derived numbers, as `@r1[resistance]`
        paths       pairs from the first to the second of which its currents and charges go
        detected    parameters that arriving light sets
        followed    pairs of a parameter and the branch or inner node that it follows, where electrodes are wired
        letter      the SPICE letter of an element that is not an `X` instance
        netlist     a minimal netlist that uses the device (shown by its manual page and run by the contract test)
    """

    name: ClassVar[str] = ""
    ports: ClassVar[dict[str, Port]] = {}
    params: ClassVar[dict[str, Param]] = {}
    derived: ClassVar[dict[str, Derived]] = {}
    lines: ClassVar[dict[str, Line]] = {}
    states: ClassVar[dict[str, State]] = {}
    branches: ClassVar[dict[str, Branch]] = {}
    inner: ClassVar[dict[str, Inner]] = {}
    reciprocal: ClassVar[bool] = True
    passive: ClassVar[bool] = True
    references: ClassVar[int] = 0
    adds: ClassVar[tuple[str, ...]] = ()
    couples: ClassVar[bool] = False
    controls: ClassVar[tuple[Pair, ...]] = ()
    paths: ClassVar[tuple[Pair, ...]] = ()
    switches: ClassVar[int] = 0
    detected: ClassVar[tuple[str, ...]] = ()
    followed: ClassVar[tuple[Pair, ...]] = ()
    depends: ClassVar[tuple[tuple[int, ...], ...]] = ()
    starts: ClassVar[tuple[tuple[str, Pair], ...]] = ()
    walked: ClassVar[tuple[Pair, ...]] = ()
    quantities: ClassVar[dict[str, Quantity]] = {}
    shows: ClassVar[dict[str, str]] = {}
    letter: ClassVar[str] = "x"
    netlist: ClassVar[str] = ""

    # The physics; a device defines those it needs.
    scatter: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    feed: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    flow: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    self_phase: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    """self_phase(p): the phase that each state turns by its own energy, rad/s for each unit of |x|^2 (Kerr effect)."""
    conjugate: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    """conjugate(p): what multiplies the conjugate of the incident wave in the one that leaves, one a port. A list `at`
    of the device names instants at which time turns round; none: the conjugate is sent out at once."""
    emit: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    """emit(p, t): the waves a source sends out at the times t (s), one a port; parameters follow their shapes."""

    conduct: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    store: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    drive: ClassVar[Callable[..., tuple[Any, ...]] | None] = None
    characteristic: ClassVar[Callable[..., Any] | None] = None
    limit: ClassVar[Callable[..., Any] | None] = None
    margin: ClassVar[Callable[..., Any] | None] = None
    prepare: ClassVar[Callable[..., Any] | None] = None
    laws: ClassVar[Callable[..., Any] | None] = None
    histories: ClassVar[Callable[..., Any] | None] = None
    detect: ClassVar[Callable[..., tuple[Any, ...]] | None] = None

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for table, kind in _TABLES.items():
            own = {plain_name(k): v for k, v in vars(cls).items() if isinstance(v, kind)}
            setattr(cls, table, {**getattr(cls, table), **own})
        for hook in _HOOKS:
            if inspect.isfunction(vars(cls).get(hook)):
                setattr(cls, hook, staticmethod(vars(cls)[hook]))
        if name:
            cls.name = name
            register(cls)

    @staticmethod
    def derive(p: Any) -> None:
        """Set the derived numbers on `p`. Sees p.wavelength, p.frequency, p.frequency0 (m, Hz) and p.wired (names)."""

    @classmethod
    def ports_of(cls, values: dict[str, Any]) -> dict[str, Port]:
        """The ports of an instance with these parameter values; the same for all unless the device overrides it."""
        return cls.ports

    @classmethod
    def inner_of(cls, values: dict[str, Any]) -> dict[str, Inner]:
        """The inner nodes of an instance with these parameter values (no node behind a resistance of 0)."""
        return cls.inner

    @classmethod
    def has_fixed_ports(cls) -> bool:
        """Whether all instances have the same ports, whatever their parameters."""
        return getattr(cls.ports_of, "__func__", None) is getattr(Device.ports_of, "__func__", None)

    @classmethod
    def variant(cls, values: dict[str, Any]) -> type[Device]:
        """The class that holds the equations for these parameter values (a device with several models overrides it)."""
        return cls

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        """A sentence that says why these values, each within its bounds, do not fit together; None when they do.

        An error points at the parameter that the sentence starts with.
        """
        return None

    @classmethod
    def refuses(cls, other: type[Device]) -> str | None:
        """Of a device with `references`: the end of a sentence that says why it cannot refer to such an instance."""
        return None


_TABLES: dict[str, type] = {
    "ports": Port,
    "params": Param,
    "derived": Derived,
    "lines": Line,
    "states": State,
    "branches": Branch,
    "inner": Inner,
}
_HOOKS = (
    *("derive", "scatter", "feed", "flow", "self_phase", "conjugate", "emit"),
    *("conduct", "store", "drive"),
    *("characteristic", "limit", "margin", "prepare", "laws", "histories", "detect"),
)

_library: dict[str, type[Device]] = {}


def register(device: type[Device]) -> type[Device]:
    """Add a device class to the library under its name. Usable as a decorator.

    Raises UsageError when another device already has that name.
    """
    taken = _library.get(device.name)
    if taken is not None and (taken.__module__, taken.__qualname__) != (device.__module__, device.__qualname__):
        raise UsageError(f"two devices are named {device.name!r}: {taken.__module__} and {device.__module__}")
    _library[device.name] = device
    return device


@functools.cache
def _load_shipped() -> None:
    """Import every module of `tdsim.devices` once: a device is found by being there."""
    package = importlib.import_module("tdsim.devices")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"tdsim.devices.{module.name}")


def library() -> dict[str, type[Device]]:
    """All devices by name: those of `tdsim.devices` and those registered since."""
    _load_shipped()
    return _library


def find(name: str) -> type[Device]:
    """The device of that name. Raises UsageError, naming the nearest ones, when there is none."""
    devices = library()
    if name not in devices:
        raise UsageError(f"unknown device {name!r}{nearest(name, devices)}")
    return devices[name]
