"""The third domain: failures put into real generated footage, carried by its own optical flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from contact.cast import Image
from contact.clips import Clip, changed_cells, save, write_film
from contact.failures import KINDS, Failure, draw_failures
from otio_bridge.media import frames_of

Mask = NDArray[np.float32]

CAST = {
    "piggyback": (("girl", "right", (130, 5, 245, 150)), ("father", "left", (60, 110, 330, 350))),
    "rider": (("astronaut", "center", (60, 0, 215, 255)), ("horse", "center", (20, 30, 350, 350))),
    "chess": (("left man", "left", (0, 45, 95, 215)), ("right man", "right", (220, 45, 350, 215))),
    "puppy": (("puppy", "center", (95, 10, 275, 350)),),
}
"""Who is where on frame 0, in pixels (the data's own README)."""
CONTACT_SPOT = {
    "piggyback": (150, 160), "rider": (150, 200), "chess": (160, 210), "puppy": (180, 200),
}  # fmt: skip
STILL_FIRST = 6
"""Frames at the start without a failure, so that the looks can be learned."""


@dataclass(frozen=True)
class Plate:
    """A real clip prepared for breaking."""

    frames: list[Image]
    flows: list[NDArray[np.float32]]
    """From every frame back to the one before."""
    figures: list[list[Mask]]
    """Per character, its soft mask in every frame."""
    spot: tuple[int, int]


def make_clip(seed: int, clips: Path, folder: Path, broken: bool = True) -> Clip:
    """Break one real clip; every seed takes the next clip and its own failures.

    Args:
        seed: Which clip.
        clips: Folder of the real clips.
        folder: Where film and truth go.
        broken: Else its twin of domain "unbroken", which is the same but for the failures.
    """
    rng = np.random.default_rng((31, seed))
    source = list(CAST)[seed % len(CAST)]
    mirrored, backwards = bool(rng.random() < 0.5), bool(rng.random() < 0.3)
    plate, looks = _plate(clips / f"{source}.mp4", source, mirrored, backwards, rng)
    count, rate = len(plate.frames), 15.0
    contact = (STILL_FIRST, count)
    failures = draw_failures(count, rate, contact, has_prop=True, rng=rng)
    film, changed = list(plate.frames), np.zeros((count, 45, 80), bool)
    strength = np.zeros((count, len(KINDS)), np.float32)
    for failure in failures if broken else ():
        for frame, image in _broken(plate, failure).items():
            changed[frame] |= changed_cells(plate.frames[frame], image)
            film[frame] = image
        column = KINDS.index(failure.kind)
        strength[:, column] = np.maximum(strength[:, column], failure.strength)
    domain = "footage" if broken else "unbroken"
    name = f"{domain}_{source}_{seed:04d}"
    write_film(folder / f"{name}.mp4", film, rate, int(rng.integers(16, 28)))
    clip = Clip(
        name, domain, folder / f"{name}.mp4", rate, looks, (), contact, strength, changed, source
    )
    save(clip, folder)
    return clip


def _plate(
    path: Path, source: str, mirrored: bool, backwards: bool, rng: np.random.Generator
) -> tuple[Plate, tuple[dict[str, object], ...]]:
    frames = [np.asarray(f) for f in frames_of(path, pixels="bgr24")]
    gain = rng.uniform(0.8, 1.15) * (1 + rng.normal(0, 0.05, 3))
    frames = [np.clip(f * gain, 0, 255).astype(np.uint8) for f in frames]
    if mirrored:
        frames = [np.ascontiguousarray(f[:, ::-1]) for f in frames]
    width = frames[0].shape[1]
    looks, boxes = [], []
    for name, side, (x0, y0, x1, y1) in CAST[source]:
        box = (width - x1, y0, width - x0, y1) if mirrored else (x0, y0, x1, y1)
        boxes.append(box)
        at = len(frames) - 1 if backwards else 0
        looks.append({"name": name, "side": side, "box": box, "frame": at})
    if backwards:
        frames = frames[::-1]
    flows = _flows(frames)
    figures = [_followed(frames, flows, box, backwards) for box in boxes]
    x, y = CONTACT_SPOT[source]
    return Plate(frames, flows, figures, (width - x if mirrored else x, y)), tuple(looks)


def _flows(frames: list[Image]) -> list[NDArray[np.float32]]:
    meter = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    grey = [cv2.cvtColor(f, cv2.COLOR_BGR2GRAY) for f in frames]
    still = np.zeros((*grey[0].shape, 2), np.float32)
    return [still] + [meter.calc(now, before, still.copy()) for before, now in pairwise(grey)]


def _carried(mask: Mask, flow: NDArray[np.float32]) -> Mask:
    grid = np.dstack(np.meshgrid(np.arange(mask.shape[1]), np.arange(mask.shape[0])))
    return cv2.remap(mask, grid.astype(np.float32) + flow, None, cv2.INTER_LINEAR)


def _followed(
    frames: list[Image], flows: list[NDArray[np.float32]], box: tuple[int, ...], backwards: bool
) -> list[Mask]:
    """Cut the figure out once and carry its mask along the flow."""
    first = len(frames) - 1 if backwards else 0
    mask = np.full(frames[0].shape[:2], cv2.GC_BGD, np.uint8)
    x0, y0, x1, y1 = box
    mask[y0:y1, x0:x1] = cv2.GC_PR_FGD
    cv2.setRNGSeed(1)
    cv2.grabCut(
        frames[first], mask, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 3,
        cv2.GC_INIT_WITH_MASK,
    )  # fmt: skip
    figure = cv2.GaussianBlur(np.isin(mask, (1, 3)).astype(np.float32), (0, 0), 1.5)
    if not backwards:
        masks = [figure]
        for flow in flows[1:]:
            masks.append(_carried(masks[-1], flow))
        return masks
    reverse = _flows(frames[::-1])
    masks = [figure]
    for flow in reverse[1:]:
        masks.append(_carried(masks[-1], flow))
    return masks[::-1]


def _broken(plate: Plate, failure: Failure) -> dict[int, Image]:
    """Return the frames that the failure changes."""
    rng = np.random.default_rng(failure.seed)
    change: Callable[..., Image] = {
        "limb_misattribution": _limb,
        "texture_bleed": _bleed,
        "prop_pass_through": _warp,
        "identity_swap": _swap,
        "occlusion_pop": _drop,
    }[failure.kind]
    active = np.flatnonzero(failure.strength > 0.01)
    if not len(active):
        return {}
    host = plate.figures[failure.figure % len(plate.figures)]
    guest = plate.figures[failure.partner % len(plate.figures)]
    patch = _patch(plate, host[active[0]], failure, rng)
    broken: dict[int, Image] = {}
    shift = rng.integers(-50, 50, 2)
    tint = rng.normal(0, 22, 3).astype(np.float32)
    for frame in range(int(active[0]), int(active[-1]) + 1):
        if frame > active[0]:
            patch = _carried(patch, plate.flows[frame])
        strength = float(failure.strength[frame])
        if strength > 0.01:
            look = (plate.frames[frame], host[frame], guest[frame])
            broken[frame] = change(*look, patch, strength, shift, tint)
    return broken


def _patch(plate: Plate, host: Mask, failure: Failure, rng: np.random.Generator) -> Mask:
    """Return a soft spot of the host near the contact: round, or long for limbs."""
    height, width = host.shape
    inside = np.argwhere(host > 0.6)
    if len(inside) < 50:
        inside = np.argwhere(np.ones_like(host))
    away = np.abs(inside - np.array(plate.spot[::-1])).sum(1)
    near = inside[np.argsort(away)[: max(60, len(inside) // 3)]]
    y, x = near[rng.integers(len(near))]
    spot = np.zeros((height, width), np.float32)
    long = failure.kind in ("limb_misattribution", "occlusion_pop")
    axes = (int(rng.integers(32, 60)), int(rng.integers(13, 22))) if long else (
        int(rng.integers(26, 52)), int(rng.integers(26, 52)),
    )  # fmt: skip
    cv2.ellipse(spot, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    return cv2.GaussianBlur(spot, (0, 0), 2.0)


def _mixed(frame: Image, other: NDArray[np.float32], weight: Mask) -> Image:
    return np.clip(frame + (other - frame) * weight[..., None], 0, 255).astype(np.uint8)


def _recoloured(frame: Image, host: Mask, guest: Mask, tint: NDArray[np.float32]) -> NDArray:
    """Return the frame with the host's colours moved to the guest's (mean and spread of Lab)."""
    lab = cv2.cvtColor(frame, cv2.COLOR_BGR2Lab).astype(np.float32)
    (mine, my_spread), (theirs, their_spread) = (_colours(lab, m) for m in (host, guest))
    if np.abs(theirs - mine).sum() < 18:
        theirs = theirs + tint
    moved = (lab - mine) * np.clip(their_spread / my_spread, 0.6, 1.6) + theirs
    clipped = np.clip(moved, 0, 255).astype(np.uint8)
    return cv2.cvtColor(clipped, cv2.COLOR_Lab2BGR).astype(np.float32)


def _colours(lab: NDArray[np.float32], mask: Mask) -> tuple[NDArray, NDArray]:
    chosen = lab[mask > 0.6]
    if len(chosen) < 20:
        chosen = lab.reshape(-1, 3)
    return chosen.mean(0), chosen.std(0) + 2.0


def _limb(frame, host, guest, patch, strength, shift, tint):  # type: ignore[no-untyped-def]
    """Paste a long piece of the host somewhere else."""
    moved = np.roll(patch, tuple(shift), axis=(0, 1))
    source = np.roll(frame, tuple(shift), axis=(0, 1)).astype(np.float32)
    return _mixed(frame, source, moved * strength)


def _bleed(frame, host, guest, patch, strength, shift, tint):  # type: ignore[no-untyped-def]
    grown = np.clip(patch * (0.3 + strength), 0, 1) * np.clip(host * 1.5, 0, 1)
    return _mixed(frame, _recoloured(frame, host, guest, tint), grown * min(1.0, 2 * strength))


def _swap(frame, host, guest, patch, strength, shift, tint):  # type: ignore[no-untyped-def]
    return _mixed(frame, _recoloured(frame, host, guest, tint), np.clip(host, 0, 1) * strength)


def _warp(frame, host, guest, patch, strength, shift, tint):  # type: ignore[no-untyped-def]
    """Slide what is at the contact into its surroundings."""
    grid = np.dstack(np.meshgrid(np.arange(frame.shape[1]), np.arange(frame.shape[0])))
    wide = cv2.GaussianBlur(patch, (0, 0), 8.0)[..., None]
    field = grid.astype(np.float32) + wide * strength * shift.astype(np.float32) * 0.8
    return cv2.remap(frame, field, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _drop(frame, host, guest, patch, strength, shift, tint):  # type: ignore[no-untyped-def]
    hole = (patch > 0.3).astype(np.uint8)
    filled = cv2.inpaint(frame, hole, 5, cv2.INPAINT_TELEA).astype(np.float32)
    return _mixed(frame, filled, patch * strength)
