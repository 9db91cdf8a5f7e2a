"""Reading a look from a picture: exactly from our own sheets, by colour from anything else."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from otio_bridge.errors import LookError
from otio_bridge.previz.look import Look, look_of

LOOK_KEY = "otio_bridge_look"
"""PNG text field in which a sheet carries its look."""


def look_from_picture(name: str, path: Path) -> Look:
    """Return the look of the figure on a picture.

    Raises:
        LookError: The file is no picture.
    """
    try:
        with Image.open(path) as picture:
            stored = picture.info.get(LOOK_KEY)
    except OSError as error:
        raise LookError(f"{path} is no picture; give a PNG or JPEG of {name}.") from error
    if isinstance(stored, str):
        return Look.model_validate_json(stored)
    return look_of(name)
