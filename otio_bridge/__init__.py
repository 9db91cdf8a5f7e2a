"""Takes of a contact shot, judged second by second and spliced in place, carried by OTIO.

The front door::

    import otio_bridge

    for line in otio_bridge.shots("cut.otio").shots:
        print(line.id, line.state)
    otio_bridge.regenerate("cut.otio", ["hug.mov"])
    otio_bridge.splice("cut.otio", "hug.mov")

What stands behind a name is loaded when it is first used, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otio_bridge.covering import coverage
    from otio_bridge.fusing import choose, fuse
    from otio_bridge.listing import shots
    from otio_bridge.model import (
        Job,
        Performer,
        Reference,
        Request,
        Score,
        Seam,
        SecondScore,
        Segment,
        Shot,
        SplicePlan,
        Take,
        Verdict,
    )
    from otio_bridge.pipeline import describe, mark, regenerate, revert, splice, takes, undo, use
    from otio_bridge.regeneration import Order
    from otio_bridge.scoring import CharacterLook, PropLook, score
    from otio_bridge.splicing import Candidate, PlanRules, plan

__version__ = "0.1.0"

__all__ = [
    "Candidate",
    "CharacterLook",
    "Job",
    "Order",
    "Performer",
    "PlanRules",
    "PropLook",
    "Reference",
    "Request",
    "Score",
    "Seam",
    "SecondScore",
    "Segment",
    "Shot",
    "SplicePlan",
    "Take",
    "Verdict",
    "choose",
    "coverage",
    "describe",
    "fuse",
    "mark",
    "plan",
    "regenerate",
    "revert",
    "score",
    "shots",
    "splice",
    "takes",
    "undo",
    "use",
]

_ROOMS = {
    "covering": ("coverage",),
    "fusing": ("choose", "fuse"),
    "listing": ("shots",),
    "pipeline": ("describe", "mark", "regenerate", "revert", "splice", "takes", "undo", "use"),
    "regeneration": ("Order",),
    "scoring": ("CharacterLook", "PropLook", "score"),
    "splicing": ("Candidate", "PlanRules", "plan"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'otio_bridge' has no attribute '{name}'")
    return getattr(import_module(f"otio_bridge.{_ROOM_OF.get(name, 'model')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
