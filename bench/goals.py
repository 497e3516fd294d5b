"""What is to be reached beside others, and the table that says whether it was."""

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Pairs = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Goal:
    """A bound on ours / theirs, or on ours where `alone`: at least, or at most where `below`."""

    part: str
    work: str
    beside: str
    bound: float
    unit: str = "/s"
    below: bool = False
    alone: bool = False

    def of(self, ours: float, theirs: float) -> float:
        return ours if self.alone else ours / theirs

    def figure(self, value: float) -> str:
        return f"{value:.2f} {self.unit if self.alone else 'x'}"

    @property
    def text(self) -> str:
        return f"{'<=' if self.below else '>='} {self.bound:g} {self.unit if self.alone else 'x'}"

    def is_reached(self, value: float) -> bool:
        return value <= self.bound if self.below else value >= self.bound


ONE, STACK = "make run", "stack"
GOALS = {
    "one list": Goal(ONE, "list of 50, own rows, no total", "PocketBase", 2),
    "one picture": Goal(ONE, "one picture", "PocketBase", 1),
    "one thumbnail": Goal(ONE, "ready thumbnail, 32 connections", "PocketBase", 1.5),
    "one upload": Goal(ONE, "12 MP upload with two thumbnails, 4 clients", "PocketBase", 10),
    "one visit": Goal(ONE, "first visit of 100 new thumbnails, 6 connections", "PocketBase", 1.5),
    "crowd list": Goal(ONE, "list of 50, 32 connections", "2 connections", 1),
    "crowd picture": Goal(ONE, "one picture, 32 connections", "2 connections", 1),
    "crowd thumbnail": Goal(ONE, "ready thumbnail, 32 connections", "2 connections", 1),
    "start": Goal(ONE, "second start to first answer", "Directus's", 2.5, "s", below=True, alone=True),
    "idle": Goal(ONE, "idle, PSS of all processes", "Directus", 160, "MB", below=True, alone=True),
    "idle after": Goal(ONE, "the same after all work above", "PocketBase", 160, "MB", below=True, alone=True),
    "list": Goal(STACK, "list of 50", "Directus", 6),
    "thumbnail": Goal(STACK, "ready thumbnail, 32 connections", "Directus", 100),
    "upload": Goal(STACK, "12 MP upload with two thumbnails, 4 clients", "Directus", 2.8),
    "upload alone": Goal(STACK, "the same", "imaging alone", 0.8),
    "picture": Goal(STACK, "one picture", "its list of 50", 1),
    "albums": Goal(STACK, "list of albums, 50 of 60", "its list of 50", 1),
    "album of 5": Goal(STACK, "pictures of an album of 5", "its list of 50", 1),
    "album of 50": Goal(STACK, "pictures of an album of 50", "its list of 50", 1),
    "hot": Goal(STACK, "hot thumbnail, 32 connections", "nginx's own file", 0.8),
    "original": Goal(STACK, "original of 2.6 MB, 32 connections", "nginx's own file", 0.7),
    "imaging": Goal("imaging", "decode of 12 MP and two WebP", "bare decode", 1.45, "ms", below=True),
}


class Found:
    """The figures of each round; `nan` is what could not be measured."""

    def __init__(self) -> None:
        self.pairs: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)

    def add(self, name: str, ours: float, theirs: float) -> None:
        goal = GOALS[name]
        self.pairs[name].append((ours, theirs))
        said = f"  {goal.part}: {goal.work}: {ours:.1f} {goal.unit}"
        print(f"{said}, {goal.beside} {theirs:.1f} {goal.unit}", flush=True)


def _row(goal: Goal, pairs: Pairs) -> list[str]:
    values = [value for value in (goal.of(*pair) for pair in pairs) if not math.isnan(value)]
    if not values:
        return [goal.part, goal.work, "", goal.beside, "", "", "", goal.text, "not measured"]
    ours, theirs = (f"{statistics.median(column):,.1f} {goal.unit}" for column in zip(*pairs, strict=True))
    middle = statistics.median(values)
    spread = f"{min(values):.2f} to {max(values):.2f}"
    verdict = "reached" if goal.is_reached(middle) else "MISSED"
    return [goal.part, goal.work, ours, goal.beside, theirs, goal.figure(middle), spread, goal.text, verdict]


def print_table(found: Mapping[str, Pairs]) -> None:
    """Print each goal with the median of its rounds, of ratios where it is one."""
    head = ["", "work", "here", "beside", "there", "median", "rounds", "goal", "verdict"]
    rows = [head, *(_row(goal, found.get(name, ())) for name, goal in GOALS.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
