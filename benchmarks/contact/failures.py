"""How the drawn figures go wrong: every failure changes the parts of one frame by its strength."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from contact.cast import ARM_PARTS, LEG_PARTS, Figure, Part, mixed_sprite, wearing

KINDS = (
    "limb_misattribution", "texture_bleed", "prop_pass_through", "identity_swap", "occlusion_pop",
)  # fmt: skip
BAD_STRENGTH = 0.25


@dataclass(frozen=True)
class Failure:
    """One failure of one clip: its strength in every frame and how it shows."""

    kind: str
    strength: NDArray[np.float64]
    figure: int
    partner: int
    variant: str
    side: int
    seed: int


def draw_failures(
    frames: int, rate: float, contact: tuple[int, int], has_prop: bool, rng: np.random.Generator
) -> list[Failure]:
    """Draw none to three failures, at separate times inside the contact."""
    if rng.random() < 0.18:
        return []
    wanted = 1 + int(rng.random() < 0.55)
    slots = np.linspace(contact[0], contact[1], wanted + 1).astype(int)
    kinds = [kind for kind in KINDS if has_prop or kind != "prop_pass_through"]
    shares = np.array([1.9 if kind == "prop_pass_through" else 1.0 for kind in kinds])
    failures = []
    for start, end in pairwise(slots):
        if end - start >= 0.6 * rate:
            kind = str(rng.choice(kinds, p=shares / shares.sum()))
            failures.append(_failure(kind, frames, rate, (start, end), rng))
    return failures


def _failure(
    kind: str, frames: int, rate: float, slot: tuple[int, int], rng: np.random.Generator
) -> Failure:
    strength = np.zeros(frames)
    if kind == "occlusion_pop":
        for _ in range(int(rng.integers(1, 4))):
            length = max(2, round(rng.uniform(4, 10) / 24 * rate))
            at = int(rng.integers(slot[0], max(slot[0] + 1, slot[1] - length)))
            strength[at : at + length] = 1.0
    else:
        ramp = rng.uniform(0.5, 1.4) if kind == "texture_bleed" else rng.uniform(0.12, 0.6)
        begin = slot[0] + rng.uniform(0, 0.5) * (slot[1] - slot[0])
        length = rng.uniform(0.4, 2.2) * rate + ramp * rate
        time = np.arange(frames)
        up = (time - begin) / (ramp * rate)
        down = (min(begin + length, slot[1]) - time) / (rng.uniform(0.1, 0.4) * rate)
        strength = np.clip(np.minimum(up, down), 0, 1)
    variants = {
        "limb_misattribution": ("graft", "extra", "sleeve", "graft_leg"),
        "texture_bleed": ("torso", "lower", "arm", "wide"),
        "prop_pass_through": ("slide", "flip", "sink"),
        "identity_swap": ("all", "upper", "both"),
        "occlusion_pop": ("hand", "forearm", "arm", "leg", "depth"),
    }[kind]
    shares = None
    if kind == "occlusion_pop":
        shares = np.array([0.12, 0.25, 0.28, 0.15, 0.2])
    figure = int(rng.integers(2))
    return Failure(
        kind, strength, figure, 1 - figure, str(rng.choice(variants, p=shares)),
        int(rng.integers(2)), int(rng.integers(1 << 30)),
    )  # fmt: skip


def broken(
    parts: list[Part], cast: tuple[Figure, ...], failure: Failure, strength: float
) -> list[Part]:
    """Return the parts of a frame as that failure shows them."""
    change = {
        "limb_misattribution": _limb,
        "texture_bleed": _bleed,
        "prop_pass_through": _prop,
        "identity_swap": _swap,
        "occlusion_pop": _pop,
    }[failure.kind]
    return change(parts, cast, failure, strength)


def _limb(
    parts: list[Part], cast: tuple[Figure, ...], failure: Failure, strength: float
) -> list[Part]:
    names = LEG_PARTS if failure.variant == "graft_leg" else ARM_PARTS
    mine = [p for p in parts if _is(p, failure.figure, names, failure.side)]
    if failure.variant == "sleeve":
        other = cast[failure.partner].sprites
        return [
            wearing(p, mixed_sprite(p.sprite, other[p.name], strength)) if p in mine else p
            for p in parts
        ]
    root = mine[0].start
    rng = np.random.default_rng(failure.seed)
    if failure.variant == "extra":
        angle = rng.uniform(0.7, 1.8) * rng.choice([-1, 1])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        grown = [
            replace(
                p,
                start=root + turn @ (p.start - root),
                end=root + turn @ (p.end - root),
                opacity=strength,
                depth=p.depth + 6,
            )
            for p in mine
        ]
        return parts + grown
    theirs = [p for p in parts if _is(p, failure.partner, names, 1 - failure.side)]
    step = theirs[0].start - root
    grafted = [
        replace(p, start=p.start + step, end=p.end + step, opacity=strength, depth=p.depth + 3)
        for p in mine
    ]
    fading = [replace(p, opacity=1 - strength) if p in mine else p for p in parts]
    return fading + grafted


def _bleed(
    parts: list[Part], cast: tuple[Figure, ...], failure: Failure, strength: float
) -> list[Part]:
    names = {
        "torso": ("torso",), "lower": ("hips", "thigh", "shin"),
        "arm": ("upper_arm", "forearm"), "wide": ("torso", "upper_arm", "hips", "thigh"),
    }[failure.variant]  # fmt: skip
    other = cast[failure.partner].sprites
    source = other["thigh" if failure.variant == "lower" else "torso"]
    changed = []
    for part in parts:
        if part.figure == failure.figure and part.name in names:
            blob = _blob(part.sprite.shape[:2], strength, failure.seed)
            part = wearing(part, mixed_sprite(part.sprite, source, blob))
        changed.append(part)
    return changed


def _blob(shape: tuple[int, int], strength: float, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    centre = rng.uniform(0.25, 0.75, 2) * shape
    ripple = cv2.resize(rng.normal(0, 1, (4, 6)).astype(np.float32), shape[::-1])
    distance = np.hypot(y - centre[0], x - centre[1]) / max(shape) + 0.07 * ripple
    return np.clip((strength * 0.75 - distance) / 0.06, 0, 1).astype(np.float32)


def _swap(
    parts: list[Part], cast: tuple[Figure, ...], failure: Failure, strength: float
) -> list[Part]:
    changed = []
    upper = ("head", "hair", "torso", *ARM_PARTS)
    for part in parts:
        both = failure.variant == "both" and part.figure == failure.partner
        worn = failure.variant != "upper" or part.name in upper
        if worn and (part.figure == failure.figure or both):
            wearer = failure.partner if part.figure == failure.figure else failure.figure
            other = cast[wearer].sprites[part.name]
            part = wearing(part, mixed_sprite(part.sprite, other, strength))
        changed.append(part)
    return changed


def _prop(
    parts: list[Part], cast: tuple[Figure, ...], failure: Failure, strength: float
) -> list[Part]:
    torso = next(p for p in parts if p.figure == failure.figure and p.name == "torso")
    goal = (torso.start + torso.end) / 2
    changed = []
    for part in parts:
        if part.name == "prop":
            if failure.variant == "flip":
                part = replace(part, opacity=1 - strength)
            else:
                step = (goal - (part.start + part.end) / 2) * strength * 0.9
                sunk = failure.variant == "sink" and strength > 0.5
                depth = torso.depth - 0.05 if sunk else part.depth
                part = replace(part, start=part.start + step, end=part.end + step, depth=depth)
        changed.append(part)
    return changed


def _pop(
    parts: list[Part], cast: tuple[Figure, ...], failure: Failure, strength: float
) -> list[Part]:
    names: tuple[str, ...] = {
        "hand": ("hand",), "forearm": ("forearm", "hand"), "arm": ARM_PARTS, "depth": ARM_PARTS,
        "leg": LEG_PARTS,
    }[failure.variant]  # fmt: skip
    changed = []
    for part in parts:
        if _is(part, failure.figure, names, failure.side):
            if failure.variant == "depth":
                part = replace(part, depth=-9.0 if part.depth > 0 else 9.0)
            else:
                part = replace(part, opacity=1 - strength)
        changed.append(part)
    return changed


def _is(part: Part, figure: int, names: tuple[str, ...], side: int) -> bool:
    return part.figure == figure and part.name in names and part.side == side
