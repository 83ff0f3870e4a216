"""The places of a warehouse as a tree that people choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stockbridge.domain.zones import ALONE, Zones, zones_of

#: As many places as one form shows; deeper ones are named in writing.
MOST = 150
#: What a choice begins with: with all below it, that place alone, left out with all below it, left out alone.
SIGNS = {
    "+": "counted, with all below",
    "=": "counted, that place alone",
    "-": "left out, with all below",
    "~": "left out, that place alone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One place. ``units``: what lies there and below. ``choice``: what was said of it, empty: as what is above it. ``inherits``: it
    counts because of what is above it. ``flat``: it stands alone, nothing is above or below it."""

    path: str
    name: str
    depth: int
    units: int
    choice: str
    inherits: bool
    flat: bool


def tree(lying: Mapping[str, int], zones: Zones, *, most: int = MOST) -> list[Node]:
    """The places that are known or named, each below the one that it is part of."""
    choices = {pattern.removeprefix(ALONE): _sign(pattern, "=", "+") for pattern in zones.include}
    choices |= {pattern.removeprefix(ALONE): _sign(pattern, "~", "-") for pattern in zones.exclude}
    every = {*lying, *choices}
    every |= {above for path in every for above in _above(path) if _several(above, every)}
    shown = sorted(sorted(every, key=lambda path: (path not in choices, path.count("/"), path))[:most], key=_order)
    return [_node(path, set(shown), lying, choices, zones) for path in shown]


def _node(path: str, shown: set[str], lying: Mapping[str, int], choices: Mapping[str, str], zones: Zones) -> Node:
    parents = [each for each in _above(path) if each in shown]
    parent = parents[-1] if parents else ""
    below = any(each.startswith(path + "/") for each in shown)
    return Node(
        path=path,
        name=path[len(parent) + 1 :] if parent else path,
        depth=len(parents),
        units=sum(units for each, units in lying.items() if each == path or each.startswith(path + "/")),
        choice=choices.get(path, ""),
        inherits=path not in choices and path in zones,
        flat=not parents and not below,
    )


def _sign(pattern: str, alone: str, whole: str) -> str:
    return alone if pattern.startswith(ALONE) else whole


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _several(above: str, every: Iterable[str]) -> bool:
    """Is a place worth a line of its own: do several lie below it?"""
    return sum(each.startswith(above + "/") for each in every) > 1


def _order(path: str) -> list[str]:
    return path.split("/")


def chosen(values: Iterable[str], written: str) -> Zones:
    """The zones that a form says: ``values`` are a sign with a path; ``written`` are lines, with ``-`` before what is left out and
    ``=`` before a place alone."""
    include, exclude = [], []
    for value in (*values, *map(_from_line, written.splitlines())):
        sign, path = value[:1], value[1:].strip()
        if sign in ("+", "=") and path:
            include.append(path if sign == "+" else ALONE + path)
        elif sign in ("-", "~") and path:
            exclude.append(path if sign == "-" else ALONE + path)
    return zones_of(include, exclude)


def _from_line(line: str) -> str:
    text = line.strip()
    if text.startswith("-"):
        text = text[1:].strip()
        return f"~{text[1:]}" if text.startswith(ALONE) else f"-{text}"
    return text if text.startswith(ALONE) else f"+{text}"
