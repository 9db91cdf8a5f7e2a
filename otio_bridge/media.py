"""Media in and out, the only room that touches PyAV: probe, decode, write.

Frames are counted from 0, rates are exact, pictures stand upright. `media_*` are its parts; ask
this one.
"""

from __future__ import annotations

from otio_bridge.media_film import FilmCodec, write_film
from otio_bridge.media_footage import Footage, probe
from otio_bridge.media_frames import Pixels, frame_at, frames_of, thumbnails

__all__ = [
    "FilmCodec",
    "Footage",
    "Pixels",
    "frame_at",
    "frames_of",
    "probe",
    "thumbnails",
    "write_film",
]
