"""The command line's other half: looks, the judge alone, jobs, reports, export, demo, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otio_bridge.cli_hosts import calibrate, install_group, listen, reconcile
from otio_bridge.cli_looks import looks_of, references_group
from otio_bridge.cli_recipe import coverage, prefer, prompts
from otio_bridge.cli_windows import WINDOWS
from otio_bridge.cli_words import Clip, Json, Out, Timeline, said, wrote
from otio_bridge.errors import BridgeError

if TYPE_CHECKING:
    pass


def score(
    media: Annotated[Path, typer.Argument(metavar="MEDIA", help="Any video file.")],
    character: Annotated[
        list[str] | None,
        typer.Option(help="NAME=SHEET, or NAME=x0,y0,x1,y1 for a box on the first frame."),
    ] = None,
    prop: Annotated[list[str] | None, typer.Option(help="NAME=IMAGE.")] = None,
    contact: Annotated[list[str] | None, typer.Option(help="A-B, in seconds.")] = None,
    overlay: Annotated[Path | None, typer.Option(help="Draw the verdict on the footage.")] = None,
    scorer: Annotated[str, typer.Option(help="Who judges; the built-in judge is usual.")] = "",
    json: Json = False,
) -> None:
    """Judge one video second by second against its characters.

    Example: otio-bridge score take.mov --character mia=mia.png --character tom=tom.png
    """
    from otio_bridge import cli_show
    from otio_bridge.single_score import scored

    with cli_show.progress(quiet=json) as tell:
        answer, found = scored(
            media, character or [], prop or [], contact or [], overlay, tell, by=scorer
        )
    said(json, answer, lambda show: show.score(media, found, answer.seconds))


def jobs(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[VERB] TIMELINE [JOB] [ANSWER]",
            help="VERB resume; cancel, one JOB or all; resolve, with ANSWER paid, not-paid or the "
            "provider's id. Without VERB: list.",
        ),
    ],
    json: Json = False,
) -> None:
    """List a project's jobs; go on with them, cancel one, or say what became of a lost one.

    Example: otio-bridge jobs cut.otio, otio-bridge jobs resume cut.otio
    """
    from otio_bridge import cli_show, job_verbs

    verb = words[0] if words[0] in job_verbs.VERBS and len(words) > 1 else "list"
    rest = words[1:] if verb != "list" else words
    with cli_show.progress(quiet=json) as tell:
        found = job_verbs.VERBS[verb](rest, tell)
    answer = {"jobs": [job_verbs.line(job) for job in found]}
    said(json, answer, lambda show: show.jobs(found))


def report(timeline: Timeline, out: Out = None, json: Json = False) -> None:
    """Write a self-contained HTML report of all shots with takes.

    Example: otio-bridge report cut.otio
    """
    from otio_bridge.reporting import report as reported

    path, figures = reported(timeline, out)
    answer = {"report": str(path), "figures": figures.model_dump(mode="json")}
    said(json, answer, lambda show: show.report(path, figures))


def export(
    timeline: Timeline,
    flavour: Annotated[str, typer.Option("--for", help="resolve, blender or plain.")],
    out: Out = None,
    json: Json = False,
) -> None:
    """Write the timeline in the flavour another program reads.

    Example: otio-bridge export cut.otio --for resolve
    """
    from otio_bridge.exporting import export as exported

    wrote(json, exported(timeline, flavour, out), f"The timeline for {flavour} is")


def preview(
    timeline: Timeline,
    clip: Clip,
    out: Annotated[Path, typer.Option("--out", help="An .mp4 that does not exist yet.")],
    take: Annotated[str | None, typer.Option(help="A take, 'original' or 'plan'.")] = None,
    json: Json = False,
) -> None:
    """Render what a slot shows, with handles: as it is, as planned, or one take.

    Example: otio-bridge preview cut.otio hug.mov --out hug.mp4
    """
    from otio_bridge.reporting import preview as rendered

    frames = rendered(timeline, clip, out, take)
    answer = {"preview": str(out), "frames": frames}
    said(json, answer, lambda show: show.line(f"{frames} frames are in {out}"))


def providers(json: Json = False) -> None:
    """Say what each generator can do, what it costs, and which key it lacks.

    Example: otio-bridge providers
    """
    from otio_bridge.routing import capabilities

    found = capabilities()
    answer = {
        "providers": [
            {
                "name": one.provider,
                "steps": sorted(one.steps),
                "key": one.key.where,
                "lacks": one.lacks,
                **_limits(one.limits),
            }
            for one in found
        ]
    }
    said(json, answer, lambda show: show.providers(found))


def keys_group() -> typer.Typer:
    """Return the commands for the keys of providers."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Keys of providers, in the system's keychain.\n\nExample: otio-bridge keys list",
    )

    @group.command("set")
    def set_(
        name: Annotated[str, typer.Argument(metavar="PROVIDER", help="Such as runway or ark.")],
        json: Json = False,
    ) -> None:
        """Ask for a key, or read it from standard input, and keep it in the keychain.

        Example: otio-bridge keys set runway
        """
        from otio_bridge import provider
        from otio_bridge.keys import save_key

        provider.find(name)
        piped = not sys.stdin.isatty()
        key = sys.stdin.readline() if piped else typer.prompt(f"Key of {name}", hide_input=True)
        if not key.strip():
            raise BridgeError(f"No key for {name} was given; type it or pipe it in.")
        save_key(name, key)
        said(json, {"provider": name}, lambda show: show.line(f"The key of {name} is kept."))

    @group.command("list")
    def list_(json: Json = False) -> None:
        """Say which keys are set and where, never what they are.

        Example: otio-bridge keys list
        """
        from otio_bridge.routing import capabilities

        states = [one.key for one in capabilities() if one.limits.needs_key]
        answer = {"keys": [vars(state) for state in states]}
        said(json, answer, lambda show: show.keys(states))

    return group


def _limits(limits: Any) -> dict[str, Any]:
    plain = (str, int, float, bool, list, tuple, dict, type(None))
    return {
        name: value if isinstance(value, plain) else str(value)
        for name, value in vars(limits).items()
    }


def doctor(
    resolve_calibrate: Annotated[
        bool,
        typer.Option(
            "--resolve-calibrate",
            help="Measure the running Resolve Studio on a scratch project of its own.",
        ),
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for report and cassette of the calibration.")
    ] = Path("otio-bridge-calibration"),
    json: Json = False,
) -> None:
    """Look whether this machine has what otio-bridge needs.

    Example: otio-bridge doctor
    """
    if resolve_calibrate:
        calibrate(out, json)
        return
    from otio_bridge.doctor import examined, healthy

    findings = examined()
    answer = {"findings": [finding.model_dump(mode="json") for finding in findings]}
    said(json, answer, lambda show: show.findings(findings))
    if not healthy(findings):
        raise typer.Exit(1)


def demo(
    out: Annotated[
        Path, typer.Option("--out", help="Folder to make; it must not exist or be empty.")
    ] = Path("otio-bridge-demo"),
    json: Json = False,
) -> None:
    """Do the main job from nothing, offline: make, judge and splice takes of a five-second hug.

    Example: otio-bridge demo --out demo
    """
    from otio_bridge import cli_show
    from otio_bridge.demo import demonstrated

    with cli_show.progress(quiet=json) as tell:
        answer = demonstrated(out, tell)
    said(json, answer, lambda show: show.demo(answer))


def budget(
    timeline: Timeline,
    usd: Annotated[
        float | None,
        typer.Argument(metavar="[USD]", help="Most to spend in all; says it if left out."),
    ] = None,
    json: Json = False,
) -> None:
    """Say or set what the project of a timeline may cost in all.

    Example: otio-bridge budget cut.otio 25
    """
    from otio_bridge.budget import budget_of, set_budget
    from otio_bridge.session import Session

    now = set_budget(timeline, usd) if usd is not None else None
    if now is None:
        now = budget_of(Session.opened(timeline).needed_project())
    limit = "no limit" if now.limit_usd is None else f"of {now.limit_usd:.2f} USD"
    said(json, now, lambda show: show.line(f"{now.spent_usd:.2f} USD spent, {limit}."))


def registered(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (
        score,
        jobs,
        report,
        export,
        preview,
        providers,
        doctor,
        demo,
        budget,
        coverage,
        prefer,
        prompts,
        listen,
        reconcile,
        *WINDOWS,
    ):
        app.command()(command)
    for role, name in (("character", "characters"), ("location", "locations"), ("prop", "props")):
        app.add_typer(looks_of(role), name=name)  # type: ignore[arg-type]
    app.add_typer(references_group(), name="references")
    app.add_typer(keys_group(), name="keys")
    app.add_typer(install_group(), name="install")
