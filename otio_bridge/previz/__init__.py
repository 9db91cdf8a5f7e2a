"""The offline generator: draws a previz take of a shot as described, and breaks it on purpose."""

from __future__ import annotations

from otio_bridge.previz.failures import FailureEvent, failures_of
from otio_bridge.previz.fused import draw_fused
from otio_bridge.previz.sheet import draw_location, draw_prop, draw_sheet
from otio_bridge.previz.take import draw_take
from otio_bridge.previz.truth import Truth

__all__ = [
    "FailureEvent",
    "Truth",
    "draw_fused",
    "draw_location",
    "draw_prop",
    "draw_sheet",
    "draw_take",
    "failures_of",
]
