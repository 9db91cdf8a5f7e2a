"""Commands for editors: put our scripts into their menus, find our shots in what they wrote."""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from otio_bridge import blenders
from otio_bridge.cli_words import Json, Timeline, said
from otio_bridge.errors import BridgeError

HELP = """Put our scripts into an editor's menu, or take them away.

Example: otio-bridge install resolve
"""


def install_group() -> typer.Typer:
    """Return the commands that install plug-ins."""
    group = typer.Typer(no_args_is_help=True, help=HELP)
    group.command("resolve")(install_resolve)
    group.command("blender")(install_blender)
    return group


def install_resolve(
    uninstall: Annotated[
        bool, typer.Option("--uninstall", help="Take our scripts away again.")
    ] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="For everybody on this machine.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which files would be written.")
    ] = False,
    json: Json = False,
) -> None:
    """Put Regenerate Contact Shot and the others into Resolve's Workspace > Scripts.

    Example: otio-bridge install resolve --dry-run
    """
    from otio_bridge import client
    from resolve_plugin import found, install
    from resolve_plugin.tiers import UNKNOWN

    target, data = install.scripts_folder(all_users=all_users), client.data_folder()
    command = [sys.executable, "-m", "otio_bridge.engine"]
    files = install.files_of(target, data, command, Path(client.__file__))
    known = found.found(data)
    tiers = " ".join(dict.fromkeys(one.tier.words for one in known)) or UNKNOWN.words
    try:
        if uninstall:
            gone = [] if dry_run else install.uninstall(target, data)
            words = f"Taken away: {', '.join(map(str, gone)) or 'nothing was there'}."
        elif dry_run:
            words = "\n".join(["Would write:", *map(str, sorted(files))])
        else:
            install.install(files)
            words = (
                f"Installed in {target / install.FOLDER}. In Resolve: Workspace > Scripts > "
                f"{install.FOLDER}. {tiers}"
            )
    except OSError as error:
        raise BridgeError(
            f"{error.filename or target} cannot be written ({error.strerror}); use an account "
            "that may write there, or leave out --all-users."
        ) from error
    answer = {"folder": str(target), "files": sorted(map(str, files)),
              "tiers": [one.tier.name for one in known]}  # fmt: skip
    said(json, answer, lambda show: show.line(words))


def install_blender(
    zip_path: Annotated[
        Path | None,
        typer.Argument(metavar="[ZIP]", help="The add-on's zip; a checkout builds it."),
    ] = None,
    program: Annotated[
        Path | None, typer.Option("--blender", help="Blender's program; the newest found else.")
    ] = None,
    uninstall: Annotated[
        bool, typer.Option("--uninstall", help="Take the add-on out again.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which Blender would get it.")
    ] = False,
    json: Json = False,
) -> None:
    """Install the add-on in Blender 4.5 or later and enable it, as Install from Disk does.

    Example: otio-bridge install blender --dry-run
    """
    host = _blender(program)
    name = f"Blender {host.version[0]}.{host.version[1]} ({host.program})"
    if dry_run:
        words, listed = f"Would {'leave' if uninstall else 'go into'} {name}.", ""
    elif uninstall:
        listed, words = blenders.removed(host), f"Taken out of {name}; takes stay."
    else:
        with tempfile.TemporaryDirectory(prefix="otio-bridge-") as out:
            made = zip_path or blenders.built(Path(out), host.python)
            listed = blenders.installed(blenders.checked(made, host), host)
        words = f"Installed in {name}. Sequencer > side bar (N) > Contact."
    answer = {"blender": str(host.program), "version": list(host.version), "listed": listed}
    said(json, answer, lambda show: show.line(words))


def _blender(program: Path | None) -> blenders.Blender:
    if program is not None:
        return blenders.named(program)
    known = blenders.found()
    if not known:
        raise BridgeError("No Blender was found; name its program with --blender.")
    return blenders.named(known[0].program)


def calibrate(out: Path, json: bool) -> None:
    """Measure the Resolve that runs here, and say what it answered."""
    from time import strftime

    from otio_bridge import calibrating
    from resolve_plugin.bins import HostRefused

    try:
        resolve = calibrating.running_resolve()
        films = calibrating.films_for(out.absolute() / "films")
        stamp = strftime("%Y-%m-%d %H.%M.%S")
        made = calibrating.calibrated(resolve, out.absolute(), films=films, stamp=stamp)
    except HostRefused as error:
        raise BridgeError(str(error)) from error
    answer = {"answers": [vars(one) for one in made.answers],
              "report": str(made.report), "cassette": str(made.cassette)}  # fmt: skip
    words = (
        f"{made.report.read_text('utf-8')}\nReport {made.report}, cassette {made.cassette}: please "
        "send both to us. The scratch project is open in Resolve; open yours again, and delete the "
        "scratch project when you have looked at it."
    )
    said(json, answer, lambda show: show.line(words))


def listen(
    prefs: Annotated[
        Path | None, typer.Option(help="Fusion.prefs of Resolve, where it is not found.")
    ] = None,
) -> None:
    """Serve the Lua scripts of the free Resolve 21.1 and later until Ctrl-C; starts the engine.

    Example: otio-bridge listen
    """
    from otio_bridge import client
    from resolve_plugin import actions, install, mailbox

    command = [sys.executable, "-m", "otio_bridge.engine"]
    answers = prefs or install.prefs_of()
    try:
        client.Engine.started(command)
        box = mailbox.Mailbox(install.mailbox_folder(client.data_folder()), answers)
    except client.EngineError as error:
        raise BridgeError(str(error)) from error
    typer.echo(f"Listening to Resolve through {answers}; end with Ctrl-C.")
    with suppress(KeyboardInterrupt):
        mailbox.served(
            box,
            lambda action, resolve, going: actions.main(action, resolve, command, going=going),
            lambda: True,
        )


def reconcile(timeline: Timeline, json: Json = False) -> None:
    """Find our shots again in a timeline that an editor changed; nothing is written.

    Example: otio-bridge reconcile from_resolve.otio
    """
    from otio_bridge.reconciling import reconciled

    found = reconciled(timeline)
    rows = [
        f"{one.fate:8} {one.shot}  "
        + "; ".join(f"{p.track} {p.record_timecode} {p.frames} f" for p in one.places)
        for one in found.shots
    ]
    said(json, found, lambda show: show.line("\n".join([*rows, found.words])))
