"""Every error a person can meet: one sentence that says what is wrong, where, and what to do."""

from __future__ import annotations


class BridgeError(Exception):
    """Root of all errors of otio-bridge; its text is shown to people as it stands."""


class TimelineError(BridgeError):
    """A timeline file cannot be read, understood or replaced."""


class ClipNotFound(TimelineError):
    """No clip of the timeline answers to the name that was given."""


class ClipAmbiguous(TimelineError):
    """Several clips of the timeline answer to the name that was given."""


class TimelineChanged(TimelineError):
    """The timeline file changed on disk after it was read, so it was not replaced."""


class SlotRefused(TimelineError):
    """The slot has a freeze frame or a speed ramp, which takes cannot stand in for."""


class ProjectError(BridgeError):
    """The project folder cannot be opened, read or written."""


class ProjectHeld(ProjectError):
    """Somebody else is writing in the project."""


class TakeNotFound(ProjectError):
    """The shot has no take of that name."""


class PlanError(BridgeError):
    """A plan leaves holes, overlaps, or asks for frames that a take does not have."""


class MediaError(BridgeError):
    """A media file is missing, unreadable or no video."""


class LookError(BridgeError):
    """A character, location, prop or fused reference is missing or unusable."""


class JournalError(BridgeError):
    """The journal refused a step that would lose or repeat paid work."""


class ProviderError(BridgeError):
    """A provider could not be asked or answered with an error."""


class Refused(ProviderError):
    """A provider declined the request by its rules; the same request will be declined again."""


class Unanswered(BridgeError):
    """A paid request left, and whether it was accepted is not known: it is never sent again."""


class BudgetExceeded(ProviderError):
    """The price of a request passes what the person allowed."""


class ScoreError(BridgeError):
    """The judge cannot look at this material."""
