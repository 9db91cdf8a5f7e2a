"""Where everything lies on the board, in pixels: time runs right, exact to the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from otio_bridge.board_ink import Box
from otio_bridge.clock import frames_of_second, seconds_in
from otio_bridge.model import Score, SecondScore, Take

WIDTH = 1920
"""Pixels; letters of 18 pixels and more stay readable when it is shown 1280 wide."""
LEFT, RIGHT = 270, 36
HEAD, RULER, STRIP, ROW_GAP = 124, 92, 12, 22
FOOT = 86
RESULT = 84
LOWEST, HIGHEST = 96, 190
"""Pixels a row of pictures may be high."""
ALL_ROWS = 1100
"""Pixels that the rows share when there are many."""


class Row(NamedTuple):
    """One take with what is known about it."""

    take: Take
    score: Score | None
    seconds: Sequence[SecondScore]


@dataclass(frozen=True)
class Layout:
    """Where time and rows lie, in pixels."""

    rate: Fraction
    slot_frames: int
    rows: int
    aspect: float
    """Width by height of the pictures."""

    @property
    def high(self) -> int:
        """Height of a row's pictures."""
        second = (WIDTH - LEFT - RIGHT) / max(1, seconds_in(self.slot_frames, self.rate))
        fitting = min(HIGHEST, second / self.aspect, ALL_ROWS / max(1, self.rows))
        return round(max(LOWEST, fitting))

    @property
    def height(self) -> int:
        """Height of the whole picture."""
        return self.result + RESULT + 44 + FOOT

    @property
    def result(self) -> int:
        """Top of the row that shows the slot as planned."""
        return self.top(self.rows) + 10

    def top(self, row: int) -> int:
        """Top of a row's pictures."""
        return HEAD + RULER + row * (self.high + STRIP + 6 + ROW_GAP)

    def x(self, frame: int) -> int:
        """Left edge of a frame of the slot."""
        return LEFT + round((WIDTH - LEFT - RIGHT) * frame / self.slot_frames)

    def span(self, start: int, end: int, top: int, high: int) -> Box:
        """Box of frames [start, end) of the slot, kept inside it."""
        return (
            self.x(max(0, start)), top, self.x(min(self.slot_frames, end)), top + high
        )  # fmt: skip

    def seconds(self) -> list[range]:
        """Frames of every second of the slot."""
        count = seconds_in(self.slot_frames, self.rate)
        return [frames_of_second(n, self.rate, self.slot_frames) for n in range(count)]
