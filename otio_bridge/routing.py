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
        ("ark", "seedream-5-0-260128"),
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


def routed(step: Step, wish: str | None = None, *, photoreal: bool = False) -> Route:
    """Return who does a step: the user's wish, or the first of the table that can be used.

    Args:
        step: What is to be done.
        wish: A provider the user named, for the project, the shot or this click.
        photoreal: Whether a character is declared photoreal; those who refuse such faces come last.

    Raises:
        ProviderError: The one wished for cannot do it, or nobody can.
    """
    if wish is not None:
        return _wished(step, wish)
    usable = [
        (name, model) for name, model in PREFERENCE[step] if not lacks_of(provider.find(name))
    ]
    if not usable:
        names = ", ".join(name for name, _ in PREFERENCE[step])
        raise ProviderError(f"Nobody here makes {WORDS[step]}; set the key of one of {names}.")
    if photoreal:
        usable.sort(key=lambda one: bool(provider.find(one[0]).limits.face_rule))
    name, model = usable[0]
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


def _wished(step: Step, wish: str) -> Route:
    limits = provider.find(wish).limits
    if step not in limits.steps and wish not in dict(PREFERENCE[step]):
        able = ", ".join(name for name, _ in PREFERENCE[step])
        raise ProviderError(f"{wish} makes no {WORDS[step]}; choose one of {able}.")
    model = dict(PREFERENCE[step]).get(wish) or _default(step, wish)
    return Route(wish, model, f"{wish} makes {WORDS[step]}: you chose it.")


def _default(step: Step, name: str) -> str:
    limits = provider.find(name).limits
    still = step in ("sheet", "fused") and limits.stills
    return limits.stills[0] if still else limits.models[0]
