"""Pure: what a generator is told, from declared templates for each step and provider.

A template is one text with the fields `{images}` (who is in which picture), `{action}`, `{place}`,
`{props}`, `{camera}` and `{never}` (what must not happen). A project may replace a template under
the name of a step, or of one provider's step: "chunk", "runway:chunk".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Literal

from otio_bridge.errors import BridgeError
from otio_bridge.model import Performer, Reference, RequestStep, Shot

HandProps = Literal["keep", "aside", "drop"]
"""What becomes of things held in hands: kept, laid aside in the picture, or left out. Props that go
from hand to hand break most often, so moving them out of the hands is a known trick."""

KIND_WORDS = {
    "hug": "hug each other",
    "handshake": "shake hands",
    "carry": "are joined in a carry, one carrying the other",
    "pass": "pass something from hand to hand",
    "rope": "hold one rope together",
    "other": "touch each other",
}
NEVER = "Every limb and garment stays with its owner; nobody changes or disappears."
TEMPLATES: dict[str, str] = {
    "chunk": "{images} {action} {place} {props} {camera} {never}",
    "edit": "{images} Keep the film as it is and mend these seconds only: {action} {props} {never}",
    "coverage": "{images} {action} Nobody else is in the picture. {place} {props} {camera}",
    "fused": (
        "{images} One still picture of this moment: {action} Follow the sketch for who stands "
        "where and who is in front. {place} {props} {never}"
    ),
    "sheet": (
        "{images} A character sheet on plain light grey: the same figure four times at full "
        "length, from the front, three-quarter, in profile, and from the back. {action}"
    ),
}
FIELDS = frozenset({"images", "action", "place", "props", "camera", "never"})
CAMERA = "One continuous shot."


def prompt_for(
    shot: Shot,
    references: Sequence[Reference],
    *,
    step: RequestStep = "chunk",
    provider: str = "",
    own: Mapping[str, str] | None = None,
    hand_props: HandProps = "keep",
) -> str:
    """Return the prompt: who is in which picture, what touches, what must not happen.

    Args:
        shot: What is to be seen.
        references: In the order in which they go along.
        step: What the generation is for.
        provider: Whose own template comes first, where the project has one.
        own: The project's templates.
        hand_props: What becomes of things held in hands.

    Raises:
        BridgeError: A template has a field that does not exist.
    """
    template = _template(step, provider, own or {})
    fields = {
        "images": " ".join(_image(number, one, shot) for number, one in enumerate(references, 1)),
        "action": _action(shot),
        "place": f"Place: {shot.location}." if shot.location else "",
        "props": _props(shot.props, hand_props),
        "camera": CAMERA,
        "never": NEVER,
    }
    return " ".join(template.format(**fields).split())


def checked_template(name: str, text: str) -> str:
    """Return a template a person wrote.

    Raises:
        BridgeError: It is for no step, or has a field that does not exist.
    """
    step = name.rpartition(":")[2]
    if step not in TEMPLATES:
        raise BridgeError(
            f"There is no step '{step}' to write a prompt for; the steps are "
            f"{', '.join(TEMPLATES)}, also as PROVIDER:STEP."
        )
    try:
        found = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    except ValueError as error:
        raise BridgeError(f"The template for {name} cannot be read: {error}.") from None
    if not found <= FIELDS:
        strange = ", ".join(sorted(found - FIELDS)) or "an empty field"
        raise BridgeError(
            f"The template for {name} has {strange}; it may have "
            f"{', '.join(f'{{{field}}}' for field in sorted(FIELDS))}."
        )
    return text


def _template(step: RequestStep, provider: str, own: Mapping[str, str]) -> str:
    for name in (f"{provider}:{step}", step):
        if name in own:
            return checked_template(name, own[name])
    return TEMPLATES[step]


def _image(number: int, reference: Reference, shot: Shot) -> str:
    """Say what one picture shows, in the sentence that providers rename to their own tags."""
    sides = {performer.name: performer.side for performer in shot.performers}
    if reference.role == "fused":
        what = "how they touch (keep who is where and who is in front)"
    elif reference.role == "neighbour":
        what = f"{reference.origin} (keep people and place as there)"
    else:
        side = f", on the {sides[reference.name]}" if reference.name in sides else ""
        what = f"{_plain(reference.name)} ({reference.role}{side})"
    return f"Image {number} is {what}."


def _plain(name: str) -> str:
    """Return a name that cannot end the sentence it stands in."""
    return name.replace(".", " ").strip()


def _action(shot: Shot) -> str:
    return shot.prompt or f"{_who(shot.performers)} {KIND_WORDS[shot.kind]}."


def _who(performers: Sequence[Performer]) -> str:
    return " and ".join(performer.name for performer in performers) or "Two people"


def _props(props: Sequence[str], hand_props: HandProps) -> str:
    if not props or hand_props == "drop":
        return ""
    named = ", ".join(props)
    if hand_props == "aside":
        return f"Beside them, in nobody's hands: {named}."
    return f"Props: {named}; solid, held by hands, never passing through."
