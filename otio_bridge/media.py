"""Media in and out, the only room that touches PyAV: probe, decode, conform, cut, render.

Frames are counted from 0, rates are exact, pictures stand upright, nothing written ever replaces
a media file. The modules `media_*` are its parts; all others ask this one.
"""

from __future__ import annotations

from otio_bridge.media_conform import Conformed, conformed, cut, proxy, relit, thumbnail
from otio_bridge.media_film import FilmCodec, write_film
from otio_bridge.media_footage import Footage, probe
from otio_bridge.media_frames import Pixels, frame_at, frames_of, thumbnails
from otio_bridge.media_preview import Piece, render, stand_in

__all__ = [
    "Conformed",
    "FilmCodec",
    "Footage",
    "Piece",
    "Pixels",
    "conformed",
    "cut",
    "frame_at",
    "frames_of",
    "probe",
    "proxy",
    "relit",
    "render",
    "stand_in",
    "thumbnail",
    "thumbnails",
    "write_film",
]
