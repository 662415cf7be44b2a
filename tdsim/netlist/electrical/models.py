"""`.model` cards of electrical elements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import nearest
from ..definitions import Model
from ..nodes import ExpressionError, number
from ..problems import Problem
from ..scan import Place
from .line import Site


@dataclass(frozen=True)
class ModelType:
    """The models that one kind of element takes.

    types     the words for the type on the card; the first is shown in messages
    names     the parameters of the card and what they are called in the device
    harmless  parameters of ngspice that change nothing that tdsim computes
    refused   parameters of ngspice that would change the result, which tdsim does not have
    """

    types: tuple[str, ...]
    names: Mapping[str, str]
    harmless: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    fixed: Mapping[str, float] = field(default_factory=dict)


def model_values(site: Site, model: Model, expected: ModelType, word: int) -> dict[str, float]:
    """The parameters of a model, by their names in the device; resolved once for each model.

    Parameters that nobody knows are warned about and ignored, as in ngspice. Raises Problem for a model of another
    type, and for parameters that tdsim does not have and that would change the result.
    """
    kind = model.source.kind
    if kind not in expected.types:
        raise site.problem(f"model {model.name!r} has type {kind!r}; {expected.types[0]!r} is needed here", word)
    known = site.links.models.get(id(model))
    if known is not None:
        return known[1]
    values: dict[str, float] = {}
    for key, given, keyword in model.source.given:
        place = Place(model.source.card, keyword.word)
        if key in expected.refused:
            raise Problem(f"model {model.name}: tdsim does not have the parameter {key!r} of ngspice", place)
        if key in expected.fixed:
            _check_fixed(model, key, number_of(model, given, place), expected.fixed[key], place)
        elif key in expected.names:
            values[expected.names[key]] = number_of(model, given, place)
        elif key not in expected.harmless:
            message = f"model {model.name}: unknown parameter {key!r} is ignored{nearest(key, expected.names)}"
            site.found.warn(message, place.position)
    site.links.models[id(model)] = model, values
    return values


def number_of(model: Model, given: object, place: Place) -> float:
    """The number of a parameter of the model. Raises Problem."""
    value = given.resolve(model.scope)  # type: ignore[attr-defined]
    try:
        return number(value, 0)
    except ExpressionError as error:
        raise Problem(f"model {model.name}: {error.message}", place) from None


def _check_fixed(model: Model, key: str, value: float, wanted: float, place: Place) -> None:
    if value != wanted:
        raise Problem(f"model {model.name}: {key}={value:g} is not part of tdsim, only {key}={wanted:g} is", place)


def find_model(site: Site, name: str, word: int) -> Model:
    """The model of that name. Raises Problem, naming the nearest ones."""
    model = site.scope.find_model(name)
    if model is None:
        known = {n for s in site.scope.levels() for n in s.models}
        raise site.problem(f"unknown model {name!r}{nearest(name, known)}", word)
    return model
