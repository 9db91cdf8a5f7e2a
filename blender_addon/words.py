# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences with facts in them, in the language of Blender's interface.

Blender translates fixed labels and tooltips by itself; what is put together goes through `worded`.
Sentences of the engine stay as it says them. To add a language, write its table beside
`words_german`.
"""

from __future__ import annotations

from typing import Any

import bpy

from .words_german import GERMAN

LANGUAGES = {"de_DE": GERMAN}
CONTEXTS = ("*", "Operator")


def worded(text: str, /, **facts: Any) -> str:
    """Return a sentence in Blender's language with facts put in; on Blender's own thread only."""
    return str(bpy.app.translations.pgettext_rpt(text)).format(**facts)


def register() -> None:
    """Give Blender our translations, of buttons in its context for operators too."""
    both = {
        language: {(context, text): told for text, told in table.items() for context in CONTEXTS}
        for language, table in LANGUAGES.items()
    }
    bpy.app.translations.register(__package__, both)


def unregister() -> None:
    """Take them back."""
    bpy.app.translations.unregister(__package__)
