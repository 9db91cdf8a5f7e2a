"""Commands for the recipe: coverage, who makes what, and how prompts are worded."""

from __future__ import annotations

from typing import Annotated

import typer

from otio_bridge.cli_words import Budget, Clip, Json, Out, Timeline, Yes, agreed, progress, said


def coverage(
    timeline: Timeline,
    clip: Clip,
    propose: Annotated[
        bool, typer.Option("--propose", help="Say the shots and cuts; make nothing.")
    ] = False,
    provider: Annotated[
        str | None, typer.Option(help="Who generates; 'auto' for the best that is set up.")
    ] = None,
    budget: Budget = None,
    yes: Yes = False,
    out: Out = None,
    json: Json = False,
) -> None:
    """Tell a contact in single-subject shots, cut on its beat; its takes stay as alternates.

    Example: otio-bridge coverage cut.otio hug.mov
    """
    from otio_bridge.covering import coverage as covered
    from otio_bridge.regeneration import Order

    order = Order(
        provider=provider or "",
        budget_usd=budget,
        agreed=lambda words, usd: yes or agreed(words, json),
    )
    with progress(json) as tell:
        answer = covered(timeline, clip, order=order, only_propose=propose, out=out, tell=tell)
    said(json, answer, lambda show: show.coverage(answer))


def prefer(
    timeline: Timeline,
    provider: Annotated[
        str | None,
        typer.Argument(metavar="[PROVIDER]", help="A provider, 'auto', or 'none'; says it if out."),
    ] = None,
    step: Annotated[
        str | None, typer.Option(help="Only for chunk, coverage, edit, fused or sheet.")
    ] = None,
    json: Json = False,
) -> None:
    """Say or set who makes the shots of a project where no shot and no click says otherwise.

    Example: otio-bridge prefer cut.otio runway
    """
    from otio_bridge.preferring import preferred

    wishes = preferred(timeline, provider, step)
    named = [f"{name or 'all steps'}: {who}" for name, who in sorted(wishes.items())]
    words = "; ".join(named) or "Nobody is preferred; the offline generator makes all."
    said(json, {"prefer": wishes}, lambda show: show.line(words))


def prompts(
    timeline: Timeline,
    name: Annotated[
        str | None, typer.Argument(metavar="[STEP]", help="A step, or PROVIDER:STEP.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="The new template; 'default' takes it back."),
    ] = None,
    json: Json = False,
) -> None:
    """Show the templates that prompts are made from, or word one anew for a project.

    Example: otio-bridge prompts cut.otio chunk "{images} {action} Shot on film. {never}"
    """
    from otio_bridge.preferring import templates

    found = templates(timeline, name, text)
    said(
        json,
        {"prompts": found},
        lambda show: show.line("\n".join(f"{key}: {one}" for key, one in found.items())),
    )
