"""The command line: a thin skin over `pipeline`, in which every command also speaks JSON.

Foreign libraries are loaded by the command that needs them, so that `--help` and `shots` are quick.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from otio_bridge import __version__
from otio_bridge.cli_project import registered
from otio_bridge.cli_words import (
    Clip,
    Json,
    Out,
    Rate,
    Timeline,
    agreed,
    contact_kind,
    kind_named,
    one_of,
    performer,
    progress,
    said,
    span,
    whole_seconds,
    wrote,
)
from otio_bridge.errors import BridgeError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Regenerate contact shots on a timeline: takes judged second by second, spliced in place.",
)


STOPPED = 130
"""Exit code after Ctrl-C."""


def main() -> None:
    """Run a command; a person's mistake or a stop ends in one sentence."""
    gc.set_threshold(100_000, 50, 50)  # reading a long timeline makes objects that all stay
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a narrow code page shows '?', and goes on
            stream.reconfigure(errors="replace")
    try:
        code = _run()
        sys.stdout.flush()
        gc.freeze()  # nor does leaving look through them
    except BrokenPipeError:  # whoever read us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _run() -> int:
    """Run a command and return its exit code."""
    try:
        code = app(standalone_mode=False, prog_name="otio-bridge")
    except (typer.Abort, KeyboardInterrupt):
        code = STOPPED
    except BridgeError as error:
        print(f"otio-bridge: {' '.join(str(error).splitlines())}", file=sys.stderr)
        return 1
    except _usage_error() as error:
        print(f"otio-bridge: {_usage_words(error)}", file=sys.stderr)
        return 1
    if code == STOPPED:
        print(
            "\notio-bridge: Stopped; what was made is kept and nothing is paid twice: go on with "
            "'otio-bridge jobs resume TIMELINE' or the same command.",
            file=sys.stderr,
        )
    return code if isinstance(code, int) else 0


def _usage_words(error: Any) -> str:
    """Return what is wrong with the words of a command, and where its help is, as one sentence."""
    said = " ".join(error.format_message().split()).rstrip(".")
    command = error.ctx.command_path if getattr(error, "ctx", None) else "otio-bridge"
    return f"{said}; see '{command} --help'."


def _usage_error() -> Any:
    """Return the class of errors that typer raises for wrong words on the command line."""
    import inspect

    ancestors = inspect.getmro(typer.BadParameter)
    return next(kind for kind in ancestors if kind.__name__ == "ClickException")


@app.command()
def shots(timeline: Timeline, rate: Rate = None, json: Json = False) -> None:
    """List every picture clip as a shot: its slot, takes and state.

    Example: otio-bridge shots cut.otio
    """
    from otio_bridge.listing import shots as listed

    answer = listed(timeline, rate=rate)
    said(json, answer, lambda show: show.shots(answer))


@app.command()
def shot(
    timeline: Timeline,
    clip: Clip,
    prompt: Annotated[str | None, typer.Option(help="What is to be seen.")] = None,
    character: Annotated[
        list[str] | None, typer.Option(help="NAME=left|center|right, once per character.")
    ] = None,
    location: Annotated[str | None, typer.Option(help="Where it is.")] = None,
    prop: Annotated[list[str] | None, typer.Option(help="A thing that is held or passed.")] = None,
    contact: Annotated[
        list[str] | None,
        typer.Option(help="A-B, seconds of the clip in which bodies touch; 'auto' proposes them."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="hug, handshake, carry, pass, rope or other.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="Who is to make it: a provider, 'auto' or 'none'.")
    ] = None,
    rate: Rate = None,
    json: Json = False,
) -> None:
    """Say what a shot is.

    Example: otio-bridge shot cut.otio hug.mov --character mia=left --kind hug --contact 1-4
    """
    from otio_bridge import pipeline

    told = pipeline.describe(
        timeline,
        clip,
        prompt=prompt,
        performers=[performer(text) for text in character] if character else None,
        location=location,
        props=prop or None,
        contact=_contact(timeline, clip, contact, character, rate),
        kind=contact_kind(kind),
        provider=provider,
        rate=rate,
    )
    said(json, told, lambda show: show.shot(told))


def _contact(
    timeline: Path, clip: str, texts: list[str] | None, people: list[str] | None, rate: float | None
) -> list[tuple[float, float]] | None:
    """Read spans of contact, or let the judge propose them from the footage."""
    if not texts:
        return None
    if texts != ["auto"]:
        return [span(text) for text in texts]
    from otio_bridge.proposing import proposed_contact

    named = [performer(text) for text in people] if people else None
    return proposed_contact(timeline, clip, named, rate=rate)


@app.command()
def regenerate(
    timeline: Timeline,
    clip: Annotated[
        list[str] | None,
        typer.Argument(metavar="CLIP...", help="Clip names or shot ids, all in one queue."),
    ] = None,
    marked: Annotated[
        bool, typer.Option("--marked", help="All clips with a marker 'contact' or 'regenerate'.")
    ] = False,
    takes: Annotated[int, typer.Option(min=1, max=50, help="At most so many new takes each.")] = 4,
    provider: Annotated[
        str | None,
        typer.Option(help="Who generates: a provider, or 'auto'; 'offline' is free and usual."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="One of the provider's models.")] = None,
    seconds: Annotated[
        str | None, typer.Option(help="Only these seconds of the clip: A-B.")
    ] = None,
    budget: Annotated[float | None, typer.Option(help="Most to spend, in USD.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to the price.")] = False,
    around: Annotated[
        str, typer.Option(help="slot, contact, or auto: only the contact where that saves money.")
    ] = "auto",
    only: Annotated[list[str] | None, typer.Option(help="Only these characters.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Say this instead of the template.")] = None,
    hand_props: Annotated[
        str, typer.Option(help="Things in hands: keep, aside (in nobody's hands) or drop.")
    ] = "keep",
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="Send the frames before and after the clip along.")
    ] = False,
    unlocked: Annotated[
        bool, typer.Option("--unlocked", help="Allow characters whose look is not locked.")
    ] = False,
    scorer: Annotated[str, typer.Option(help="Who judges; the built-in judge is usual.")] = "",
    workers: Annotated[
        str,
        typer.Option(
            help="Who conforms and judges: a number of processes, or dask:tcp://HOST:PORT."
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the requests with their prompts; send nothing.")
    ] = False,
    out: Out = None,
    rate: Rate = None,
    json: Json = False,
) -> None:
    """Make takes of contact shots and add them as alternates; the picture does not change.

    Example: otio-bridge regenerate cut.otio hug.mov --takes 4
    """
    from otio_bridge import pipeline
    from otio_bridge.regeneration import Order

    order = Order(
        takes=takes,
        provider=provider or "",
        model=model,
        seconds=whole_seconds(seconds),
        budget_usd=budget,
        agreed=lambda words, usd: yes or agreed(words, json),
        around=one_of("--around", around, ("auto", "slot", "contact")),
        only=tuple(only or ()),
        prompt=prompt,
        hand_props=one_of("--hand-props", hand_props, ("keep", "aside", "drop")),
        neighbours=neighbours,
        unlocked=unlocked,
        scorer=scorer,
        workers=workers,
    )
    if dry_run:
        found = pipeline.requests(timeline, clip or [], marked=marked, order=order, rate=rate)
        answer = {"requests": [one.model_dump(mode="json") for one in found]}
        said(json, answer, lambda show: show.requests(found))
        return
    with progress(json) as tell:
        outcomes = pipeline.regenerate(
            timeline, clip or [], marked=marked, order=order, out=out, rate=rate, tell=tell
        )
    said(json, outcomes, lambda show: show.outcomes(outcomes))


@app.command()
def takes(timeline: Timeline, clip: Clip, json: Json = False) -> None:
    """Show the alternates of a shot with their per-second scores and the best plan.

    Example: otio-bridge takes cut.otio hug.mov
    """
    from otio_bridge import pipeline

    answer = pipeline.takes(timeline, clip)
    said(json, answer, lambda show: show.outcomes([answer]))


@app.command()
def mark(
    timeline: Timeline,
    clip: Clip,
    take: Annotated[str, typer.Argument(metavar="TAKE", help="A take, such as t2.")],
    second: Annotated[int, typer.Argument(metavar="SECOND", min=0, help="Of the clip, from 0.")],
    verdict: Annotated[
        str, typer.Argument(metavar="held|failed|clear", help="Your mark; clear takes it away.")
    ],
    because: Annotated[str, typer.Option(help="With failed: limb, bleed, prop, swap or pop.")] = "",
    json: Json = False,
) -> None:
    """Say yourself whether a second of a take holds; plans obey at once.

    Example: otio-bridge mark cut.otio hug.mov t2 3 failed
    """
    from otio_bridge import pipeline

    if verdict not in ("held", "failed", "clear"):
        raise BridgeError(f"A mark is held, failed or clear, not '{verdict}'; give one of them.")
    value: Any = None if verdict == "clear" else verdict
    kind = kind_named(because) if because else None
    if kind and verdict != "failed":
        raise BridgeError(f"A reason goes with failed, not with {verdict}; leave it out.")
    answer = pipeline.mark(timeline, clip, take, second, value, kind)
    said(json, answer, lambda show: show.outcomes([answer]))


@app.command()
def use(
    timeline: Timeline,
    clip: Clip,
    take: Annotated[str, typer.Argument(metavar="TAKE", help="A take, or 'original'.")],
    out: Out = None,
    json: Json = False,
) -> None:
    """Pull an alternate: show one take in the clip's slot.

    Example: otio-bridge use cut.otio hug.mov t3
    """
    from otio_bridge import pipeline

    written = pipeline.use(timeline, clip, take, out=out)
    wrote(json, written, f"'{clip}' now shows {take}")


@app.command()
def splice(
    timeline: Timeline,
    clip: Clip,
    plan: Annotated[
        str, typer.Option(help="auto, or stretches in seconds or frames: 't1:0-2,t3:2-5'.")
    ] = "auto",
    shift: Annotated[
        int,
        typer.Option(
            min=0,
            max=12,
            help="Frames that takes may be shown earlier or later: they reach the contact at "
            "different times.",
        ),
    ] = 0,
    nested: Annotated[bool, typer.Option("--nested", help="One stack in the slot.")] = False,
    match_light: Annotated[
        bool,
        typer.Option("--match-light", help="Show takes that differ a little in light in one."),
    ] = False,
    out: Out = None,
    json: Json = False,
) -> None:
    """Splice the seconds that held, in place and frame-exact.

    Example: otio-bridge splice cut.otio hug.mov --plan t1:0-2,t3:2-5
    """
    from otio_bridge import pipeline

    done = pipeline.splice(
        timeline, clip, plan=plan, shift=shift, nested=nested, match_light=match_light, out=out
    )
    answer = {"timeline": str(done.timeline), "plan": done.plan.model_dump(mode="json")}
    said(json, answer, lambda show: show.spliced(clip, done.timeline, done.plan, done.words))


@app.command()
def revert(timeline: Timeline, clip: Clip, out: Out = None, json: Json = False) -> None:
    """Put the clip back as it was; its takes stay on it.

    Example: otio-bridge revert cut.otio hug.mov
    """
    from otio_bridge import pipeline

    written = pipeline.revert(timeline, clip, out=out)
    wrote(json, written, f"'{clip}' is as it was")


@app.command()
def undo(timeline: Timeline, json: Json = False) -> None:
    """Put back the timeline as it was before the last command.

    Example: otio-bridge undo cut.otio
    """
    from otio_bridge import pipeline

    wrote(json, pipeline.undo(timeline), "The last edit is undone")


def _version(given: bool) -> None:
    if given:
        print(f"otio-bridge {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Regenerate contact shots on a timeline: takes judged second by second, spliced in place."""


registered(app)

if __name__ == "__main__":
    main()
