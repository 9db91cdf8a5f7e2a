"""Where it went wrong, for people: the stretch, the box and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import FAILURE_KINDS, Evidence, FailureKind
from otio_bridge.scoring.arrays import Flags
from otio_bridge.scoring.verdict import Findings, column_of

SHOWN_FROM = 0.4
"""P(kind) from which a stretch is shown as evidence."""
GAP = 3
"""Analysed frames by which two stretches may lie apart and still be one."""

Box = tuple[float, float, float, float]


def evidence_in(
    findings: Findings, silent: Flags, names: Sequence[str], step: int, frames: int
) -> tuple[Evidence, ...]:
    """Return the evidence of every kind, in order of time.

    Args:
        findings: What was found.
        silent: Analysed frames on which the judge abstains.
        names: The characters, in the order of `findings.owners`.
        step: Frames of the film from one analysed frame to the next.
        frames: Frames of the film.
    """
    found: list[Evidence] = []
    kinds: tuple[FailureKind, ...] = FAILURE_KINDS  # type: ignore[assignment]
    for kind in kinds:
        strong = (findings.said[:, column_of(kind)] >= SHOWN_FROM) & ~silent
        for start, end in stretches(strong):
            box = _box(findings.heat[:, :, :, column_of(kind)], start, end)
            host, guest = _owners_in(findings.owners, (start, end), box, names)
            thing = "the prop" if findings.viewing.has_prop else "something"
            words = _words(kind, host, guest, thing, box)
            last = min(end * step, frames)
            found.append(Evidence(kind=kind, start=start * step, end=last, box=box, words=words))
    return tuple(sorted(found, key=lambda e: (e.start, e.kind)))


def stretches(strong: Flags) -> list[tuple[int, int]]:
    """Return the runs of true values, those at most GAP apart joined."""
    runs: list[tuple[int, int]] = []
    for frame in np.flatnonzero(strong).tolist():
        if runs and frame - runs[-1][1] < GAP:
            runs[-1] = (runs[-1][0], frame + 1)
        else:
            runs.append((frame, frame + 1))
    return runs


def _box(heat_by_frame: NDArray[np.float16], start: int, end: int) -> Box:
    """Return the box of the patch strongest in a stretch beyond what the take shows elsewhere.

    The answer is in shares of width and height.
    """
    inside = heat_by_frame[start:end].astype(np.float32).mean(axis=0)
    usual = np.median(heat_by_frame.astype(np.float32), axis=0)
    heat = cv2.blur(np.maximum(inside - usual, 0.25 * inside), (3, 3))
    patch = (heat >= 0.5 * float(heat.max())).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(patch, connectivity=8)
    peak = labels[np.unravel_index(int(heat.argmax()), heat.shape)]
    x, y, width, height = (float(n) for n in stats[peak][:4])
    rows, columns = heat.shape
    return x / columns, y / rows, (x + width) / columns, (y + height) / rows


def _words(kind: FailureKind, host: str, guest: str, thing: str, box: Box) -> str:
    where = f"in the {_place(box)} of the picture"
    sentences = {
        "limb_misattribution": f"A limb of {guest} seems to grow from {host} {where}.",
        "texture_bleed": f"The costume of {guest} spreads over {host} {where}.",
        "prop_pass_through": f"{thing} passes through {host} {where}.",
        "identity_swap": f"{host} takes on the look of {guest} {where}.",
        "occlusion_pop": f"A part of {host} vanishes or jumps {where}.",
    }
    sentence = sentences[kind]
    return sentence[0].upper() + sentence[1:]


def _owners_in(
    owners: NDArray[np.float16], stretch: tuple[int, int], box: Box, names: Sequence[str]
) -> tuple[str, str]:
    """Return whose place the box is, by the take before, and who shows there now besides."""
    if not names:
        return "the figure", "somebody else"
    rows, columns = owners.shape[2:]
    area = np.s_[
        int(box[1] * rows) : max(1, round(box[3] * rows)),
        int(box[0] * columns) : max(1, round(box[2] * columns)),
    ]
    inside = owners[(slice(None), slice(None), *area)].astype(np.float32).mean(axis=(2, 3))
    start, end = stretch
    before = inside[max(0, start - 12) : max(start, 1)].mean(axis=0)
    now = inside[start:end].mean(axis=0)
    host = int(before.argmax())
    gained = now - before
    gained[host] = -np.inf
    guest = names[int(gained.argmax())] if len(names) > 1 else "somebody else"
    return names[host], guest


def _place(box: Box) -> str:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    vertical = "upper" if y < 0.4 else "lower" if y > 0.67 else ""
    horizontal = "left" if x < 0.38 else "right" if x > 0.62 else "middle"
    return f"{vertical} {horizontal}".strip()
