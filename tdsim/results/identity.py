"""Whether two runs are runs of the same thing; and, in a sentence, what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

Description = Mapping[str, Any]
"""What a result depends on: by topic, a text or a dictionary of values by name."""

_MOST = 4


def difference(before: Description, now: Description) -> str:
    """What has changed, as the end of a sentence; "" when nothing has. Of two topics, the first explains the second."""
    for topic in dict.fromkeys([*before, *now]):
        if before.get(topic) != now.get(topic):
            return _topic(topic, before.get(topic), now.get(topic))
    return ""


def _topic(topic: str, before: Any, now: Any) -> str:
    if isinstance(before, str) and isinstance(now, str) and ("\n" in before or "\n" in now):
        return _line(topic, before.splitlines(), now.splitlines())
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        names = [n for n in dict.fromkeys([*before, *now]) if before.get(n) != now.get(n)]
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        return ", ".join(_named(topic, n, before.get(n), now.get(n)) for n in names[:_MOST]) + more
    return f"{topic} was {before}, and is {now}"


def _line(topic: str, before: list[str], now: list[str]) -> str:
    """The first line that differs."""
    for number, (old, new) in enumerate(zip_longest(before, now), 1):
        if old != new:
            was = "was not there" if old is None else f"was {old.strip()!r}"
            return f"line {number} of the {topic} {was}, and is {'gone' if new is None else repr(new.strip())}"
    return f"the {topic} has changed"


def _named(topic: str, name: str, before: Any, now: Any) -> str:
    if before is None:
        return f"{topic} {name} is new"
    if now is None:
        return f"{topic} {name} is gone"
    if _short(before) and _short(now):
        return f"{topic} {name} was {before}, and is {now}"
    return f"{topic} {name} has changed"


def _short(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= 40 and "#" not in value)
