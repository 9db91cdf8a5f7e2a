"""Who does which step of the recipe: a declared table, the keys that are set, the user's wish.

route = routed("edit")          # Route("runway", "aleph2", "…why, in one sentence")
rows = capabilities()           # the matrix that `otio-bridge providers` prints
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from otio_bridge import provider
from otio_bridge.errors import ProviderError
from otio_bridge.keys import KeyState, state_of
from otio_bridge.provider import Limits, Provider, Step

STEPS: tuple[Step, ...] = get_args(Step)
WORDS: dict[Step, str] = {
    "sheet": "character sheets",
    "fused": "fused references",
    "chunk": "contact chunks",
    "coverage": "single-subject shots",
    "edit": "about one second made anew",
}
PREFERENCE: dict[Step, tuple[tuple[str, str], ...]] = {
    "sheet": (
        ("gemini", "gemini-3-pro-image"), ("runway", "gemini_image3_pro"),
        ("ark", "seedream-5-0-260128"), ("offline", ""),
    ),
    "fused": (
        ("gemini", "gemini-3-pro-image"), ("runway", "gpt_image_2"),
        ("ark", "seedream-5-0-260128"), ("offline", ""),
    ),
    "chunk": (
        ("runway", "seedance2_5"), ("ark", ""), ("kling", "kling-3.0-omni"), ("fal", ""),
        ("replicate", ""), ("gemini", ""), ("vertex", ""), ("comfyui", ""), ("offline", ""),
    ),
    "coverage": (
        ("runway", "gen4.5"), ("gemini", ""), ("kling", "kling-3.0-omni"), ("vertex", ""),
        ("ark", ""), ("fal", ""), ("replicate", ""), ("comfyui", ""), ("offline", ""),
    ),
    "edit": (
        ("runway", "aleph2"), ("comfyui", ""), ("fal", "fal-ai/ltx-2/retake-video"),
        ("kling", "kling-3.0-omni"), ("gemini", ""), ("ark", ""),
    ),
}  # fmt: skip
"""Best first, by the capability table of the facts (section 12); "" is the provider's default."""


AUTO = "auto"
"""A wish for the best that is set up."""
DEFAULT = "offline"


@dataclass(frozen=True)
class Route:
    """Who does one step, and why."""

    provider: str
    model: str
    why: str


@dataclass(frozen=True)
class Capability:
    """One row of the matrix."""

    provider: str
    limits: Limits
    steps: frozenset[Step]
    key: KeyState
    lacks: str
    """What must be set before it can be used, in one sentence; empty when nothing."""


def chosen(
    step: Step, *, click: str = "", shot: str = "", project: str = "", photoreal: bool = False
) -> list[Route]:
    """Return who does a step, first the one to begin with, then who may follow where that fails.

    Only "auto" has followers: whoever names a provider means that one.

    Args:
        step: What is to be done.
        click: What the person wished this time: a provider, "auto", or nothing.
        shot: What is wished for the shot.
        project: What is wished for the project.
        photoreal: Whether a character is declared photoreal.

    Raises:
        ProviderError: The one wished for cannot do it, or nobody can.
    """
    wishes = ((click, "you chose it"), (shot, "the shot wishes it"), (project, "the project does"))
    for wish, reason in wishes:
        if wish == AUTO:
            return usable(step, photoreal=photoreal)
        if wish:
            return [_wished(step, wish, reason)]
    return [_wished(step, DEFAULT, "it is free, and nobody chose another")]


def routed(step: Step, wish: str | None = None, *, photoreal: bool = False) -> Route:
    """Return who does a step: the user's wish, or the first of the table that can be used.

    Args:
        step: What is to be done.
        wish: A provider the user named, for the project, the shot or this click.
        photoreal: Whether a character is declared photoreal; those who refuse such faces come last.

    Raises:
        ProviderError: The one wished for cannot do it, or nobody can.
    """
    return chosen(step, click=wish or AUTO, photoreal=photoreal)[0]


def usable(step: Step, *, photoreal: bool = False) -> list[Route]:
    """Return everybody of the table who can be used for a step, best first.

    Raises:
        ProviderError: Nobody can.
    """
    able = [(name, model) for name, model in PREFERENCE[step] if not lacks_of(provider.find(name))]
    if not able:
        names = ", ".join(name for name, _ in PREFERENCE[step])
        raise ProviderError(f"Nobody here makes {WORDS[step]}; set the key of one of {names}.")
    if photoreal:
        able.sort(key=lambda one: bool(provider.find(one[0]).limits.face_rule))
    return [_route(step, *one, photoreal=photoreal) for one in able]


def _route(step: Step, name: str, model: str, *, photoreal: bool) -> Route:
    first = PREFERENCE[step][0][0]
    reason = "it comes first for them" if name == first else "it is the best that is set up"
    if photoreal and name != first:
        reason = "it takes realistic faces and is set up"
    return Route(name, model or _default(step, name), f"{name} makes {WORDS[step]}: {reason}.")


def capabilities() -> list[Capability]:
    """Return what every installed provider can do and still lacks, by name."""
    return [_capability(provider.find(name)) for name in provider.known()]


def lacks_of(one: Provider) -> str:
    """Say what a provider lacks before it can be used; empty when nothing."""
    own = str(getattr(one, "lacks", "") or "")
    state = state_of(one.name, one.limits.key_names)
    if one.limits.needs_key and state.where == "nowhere":
        return f"Set {state.name} or run 'otio-bridge keys set {one.name}'."
    return own


def _capability(one: Provider) -> Capability:
    return Capability(
        provider=one.name,
        limits=one.limits,
        steps=frozenset(one.limits.steps),
        key=state_of(one.name, one.limits.key_names),
        lacks=lacks_of(one),
    )


def _wished(step: Step, wish: str, reason: str) -> Route:
    limits = provider.find(wish).limits
    if step not in limits.steps and wish not in dict(PREFERENCE[step]):
        able = ", ".join(name for name, _ in PREFERENCE[step])
        raise ProviderError(f"{wish} makes no {WORDS[step]}; choose one of {able}.")
    model = dict(PREFERENCE[step]).get(wish) or _default(step, wish)
    return Route(wish, model, f"{wish} makes {WORDS[step]}: {reason}.")


def _default(step: Step, name: str) -> str:
    limits = provider.find(name).limits
    still = step in ("sheet", "fused") and limits.stills
    return limits.stills[0] if still else limits.models[0]
