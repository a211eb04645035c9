"""Builds only the command that was called: Typer makes a validator of every option of every command, however few are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

import typer


def only(app: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """Return an application in which every command but the one that ``words`` call is a name with a help text.

    ``--help``, ``--version`` and the neighbours of a mistyped command need no more.
    """
    called = next((word for word in words if not word.startswith("-")), None)
    light = copy(app)
    light.registered_commands = [copy(info) for info in app.registered_commands]
    light.registered_groups = [copy(info) for info in app.registered_groups]
    for info in light.registered_commands:
        command = info.callback
        if command is not None and called != (info.name or command.__name__):
            info.name, info.callback = info.name or command.__name__, _named(command)
    for group in light.registered_groups:
        if group.name != called and group.typer_instance is not None:
            group.typer_instance = typer.Typer(help=group.typer_instance.info.help)
    return light


def _named(command: Callable[..., object]) -> Callable[[], None]:
    def stands_for() -> None:
        raise AssertionError(f"{command.__name__} was called, but not built")

    stands_for.__doc__ = command.__doc__
    return stands_for
