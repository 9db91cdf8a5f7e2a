# SPDX-License-Identifier: GPL-3.0-or-later
"""OTIO Bridge: regenerate contact shots in the Video Sequencer, and splice the seconds that held.

Blender's process imports bpy and the standard library only. Judging, generating and money are the
engine's, a process of its own (`engine_process`).
"""

from . import operators, orders, otio_operators, panels, preferences, pump, relinking, words

PARTS = (words, preferences, operators, orders, otio_operators, panels, relinking, pump)


def register() -> None:
    """Register classes, menus and the timer."""
    for part in PARTS:
        part.register()


def unregister() -> None:
    """Take everything back, in the opposite order."""
    for part in reversed(PARTS):
        part.unregister()
