"""The verbs of this repository; `.ci/run` calls the first two."""

import os
from pathlib import Path

import nox

BPY = {"4.5.15": "3.11", "5.0.1": "3.11", "5.1.2": "3.13", "5.2.3": "3.13"}
"""Versions of Blender as a module, each with the Python that it wants."""

nox.options.sessions = ["lint", "tests"]


@nox.session
def lint(session: nox.Session) -> None:
    """Style and types."""
    session.install("-e", ".[interchange,test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Everything that is quick enough for every commit."""
    session.install("-e", ".[interchange,test]")
    session.run("pytest", "-m", "not slow", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Crash matrices, fuzzing, the page in a real browser, whole demos."""
    session.install("-e", ".[interchange,test]", "schemathesis>=4", "playwright")
    session.run("pytest", "-m", "slow", "--timeout", "3600", *session.posargs)


@nox.session(python=False)
def blender(session: nox.Session) -> None:
    """The add-on in four versions of Blender's own module; needs Python 3.11 and 3.13."""
    pythons = []
    for version, python in BPY.items():
        folder = Path(".nox") / f"bpy-{version}"
        if not folder.exists():
            session.run(f"python{python}", "-m", "venv", str(folder), external=True)
        inside = str(folder / "bin" / "python")
        session.run(inside, "-m", "pip", "install", "-q", f"bpy=={version}", "av", external=True)
        pythons.append(str(Path(inside).absolute()))
    session.env["OTIO_BRIDGE_BPY"] = os.pathsep.join(pythons)
    session.run(
        "python",
        "-m",
        "pytest",
        "-s",
        "tests/test_blender.py",
        "tests/test_resolve_blender.py",
        *session.posargs,
    )


@nox.session
def bench(session: nox.Session) -> None:
    """The figures of benchmarks/README.md that need no training."""
    session.install("-e", ".[interchange,test]")
    session.run("python", "-m", "benchmarks.timelines")
    session.run("python", "-m", "benchmarks.planner")
    session.run("python", "-m", "benchmarks.recipe", "--shots", "70")


@nox.session
def train(session: nox.Session) -> None:
    """Train the judge anew from its committed feature table."""
    session.install("-e", ".[interchange,test,train]")
    session.chdir("benchmarks")
    session.run("python", "-m", "contact.train", *session.posargs)


@nox.session
def judge(session: nox.Session) -> None:
    """Every table about the judge: `nox -s judge -- FOLDER`, which keeps what is made for hours."""
    if len(session.posargs) != 1:
        session.error("Say where to keep what is made: nox -s judge -- FOLDER")
    folder = Path(session.posargs[0]).absolute()
    session.install("-e", ".[interchange,test,train]")
    session.chdir("benchmarks")

    def run(part: str, *words: str) -> None:
        session.run("python", "-m", part, *words)

    run("contact.train", "--kept", str(folder / "exams"))
    run("contact", str(folder / "mishaps"), "--mishap", "437", "--make-only")
    run("contact.asked", str(folder / "mishaps"))
    for first in ("50000", "60000", "70000"):
        run("contact.shots", str(folder / "shots"), "--first", first)
    run("contact.speed", str(folder))
