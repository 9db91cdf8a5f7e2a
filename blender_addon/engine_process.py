# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as a process of its own: Blender's Python with the wheels that the zip carries.

The first start unpacks them into the extension's user folder, `engine-<version>`, which survives
disabling and updating; Blender's own process never imports from it.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
import zipfile
from pathlib import Path

import bpy

from .client import Engine, EngineError

HERE = Path(__file__).parent
WHEELS = HERE / "wheels"
VERSION = "0.1.0"
CLEARED = ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT")


def engine_folder() -> Path:
    """Return where the engine is unpacked."""
    user = bpy.utils.extension_path_user(__package__, path=f"engine-{VERSION}", create=False)
    return Path(user)


def start_command(installed: str = "") -> tuple[list[str], dict[str, str]]:
    """Return how to start the engine, and the variables of its process.

    Args:
        installed: Path of an installed `otio-bridge` to use instead of the carried one.
    """
    environment = {k: v for k, v in os.environ.items() if k not in CLEARED}
    if installed:
        return [installed, "serve"], environment
    environment["PYTHONPATH"] = str(engine_folder())
    environment["PYTHONNOUSERSITE"] = "1"
    return [sys.executable, "-m", "otio_bridge.engine"], environment


def unpack(folder: Path) -> None:
    """Unpack the carried wheels, whole or not at all; does nothing when they are there.

    Raises:
        EngineError: The zip was made without wheels, or the disk is full.
    """
    if (folder / "otio_bridge").is_dir():
        return
    wheels = sorted(WHEELS.glob("*.whl"))
    if not wheels:
        raise EngineError(
            "This add-on carries no engine; install otio-bridge and name it in the preferences."
        )
    trial = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}")
    try:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as packed:
                packed.extractall(trial)
        os.replace(trial, folder)
    except OSError as error:
        if not (folder / "otio_bridge").is_dir():  # else another Blender was faster
            raise EngineError(
                f"The engine cannot be unpacked to {folder} ({error.strerror}); free some space."
            ) from error
    finally:
        shutil.rmtree(trial, ignore_errors=True)


def started(command: list[str], environment: dict[str, str], folder: Path) -> Engine:
    """Return the engine that runs, unpacked and started where there is none; takes seconds.

    Called in a thread: it must not touch bpy.
    """
    engine = Engine.found()
    if engine is not None:
        return engine
    if "-m" in command:
        unpack(folder)
    return Engine.started(command, environment)
