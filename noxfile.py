"""The verbs of this repository; `.ci/run` calls the first two."""

import nox

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


@nox.session
def bench(session: nox.Session) -> None:
    """The figures of benchmarks/README.md that need no training."""
    session.install("-e", ".[interchange,test]")
    session.run("python", "-m", "benchmarks.timelines")
    session.run("python", "-m", "benchmarks.planner")


@nox.session
def train(session: nox.Session) -> None:
    """Train the judge anew from its committed feature table."""
    session.install("-e", ".[interchange,test,train]")
    session.run("python", "-m", "benchmarks.contact", *session.posargs)
