"""What a project wishes for all its shots: who makes each step, and how prompts are worded."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from otio_bridge import provider
from otio_bridge.errors import BridgeError
from otio_bridge.model import RequestStep
from otio_bridge.recipe_prompts import TEMPLATES, checked_template
from otio_bridge.regeneration_price import PREFER
from otio_bridge.routing import AUTO, chosen
from otio_bridge.session import Session

NONE = "none"
PROMPTS = "prompts"


def preferred(timeline: Path, name: str | None, step: str | None = None) -> dict[str, str]:
    """Return whom a project wishes for each step ("" for all); set one first where it is named.

    Args:
        timeline: The timeline file.
        name: A provider, "auto", "none" to take the wish back, or None to change nothing.
        step: The step meant; None for all of them.

    Raises:
        BridgeError: There is no such provider or step, or that provider cannot do the step.
    """
    steps = get_args(RequestStep)
    if step is not None and step not in steps:
        raise BridgeError(f"'{step}' is no step of the recipe; give one of {', '.join(steps)}.")
    session = Session.opened(timeline)
    if name is None:
        return dict((session.project.settings if session.project else {}).get(PREFER) or {})
    if name not in (AUTO, NONE):
        provider.find(name)
        if step is not None:
            chosen(step, click=name)  # type: ignore[arg-type]
    project = session.started()
    with project.locked():
        wishes = {**(project.settings.get(PREFER) or {}), step or "": name}
        kept = {key: who for key, who in wishes.items() if who != NONE}
        project.save_settings(**{PREFER: kept or None})
    return kept


def templates(timeline: Path, name: str | None = None, text: str | None = None) -> dict[str, str]:
    """Return the templates of prompts by step or provider:step; reword one first where it is given.

    Args:
        timeline: The timeline file.
        name: A step, or PROVIDER:STEP; None for all.
        text: The new template; "default" takes it back.

    Raises:
        BridgeError: There is no such step, or the template has a field that does not exist.
    """
    session = Session.opened(timeline)
    own: dict[str, str] = dict(
        (session.project.settings if session.project else {}).get(PROMPTS) or {}
    )
    if name is not None and text is not None:
        if text == "default":
            own.pop(name, None)
        else:
            own[name] = checked_template(name, text)
        session.started().save_settings(**{PROMPTS: own or None})
    found = {**TEMPLATES, **own}
    if name is None:
        return found
    if name not in found:
        raise BridgeError(f"There is no template '{name}'; the steps are {', '.join(TEMPLATES)}.")
    return {name: found[name]}
