"""Keeping the light still: per-channel gain of each frame against what is remembered."""

from __future__ import annotations

import cv2
import numpy as np

from otio_bridge.scoring.arrays import Image, Numbers


def gain_against(now: Numbers, then: Numbers, trusted: Numbers) -> Numbers:
    """Return the per-channel log gain of a frame over the remembered picture.

    Trimmed mean (20 to 80 %) of log ratios over trusted, unclipped, thinned-out pixels.

    Args:
        now: B, G, R at half size, 0..255; rows x columns x 3.
        then: The remembered BGR in the place of `now`.
        trusted: 1 where the flow can be believed.
    """
    one, other = (np.moveaxis(each[::2, ::2], 2, 0).copy() for each in (now, then))
    clear = (one.min(0) > 12) & (one.max(0) < 243) & (other.min(0) > 8)
    usable = clear & (trusted[::2, ::2] > 0.5)
    if usable.sum() < 100:
        return np.zeros(3)
    ratios = np.log(one[:, usable] / other[:, usable])
    count = ratios.shape[1]
    ends = count // 5, count - count // 5
    ordered = np.partition(ratios, (ends[0], ends[1] - 1), axis=1)
    middle: Numbers = ordered[:, slice(*ends)].mean(axis=1)
    return middle


def regained(frame: Image, gain: Numbers) -> Image:
    """Return the frame with a per-channel log gain taken back."""
    if np.abs(gain).max() < 0.004:
        return frame
    ramp = np.arange(256)[:, None] * np.exp(-np.clip(gain, -1.2, 1.2))[None, :]
    table = np.clip(ramp + 0.5, 0, 255).astype(np.uint8)[None]
    return np.asarray(cv2.LUT(frame, table), np.uint8)
