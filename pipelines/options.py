"""Options of the command line that several verbs share, or that come as a group."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Verb = Callable[..., Any]
Option = Callable[[Verb], Verb]


def _group(*members: Option) -> Option:
    """Return what gives a verb all these options; its help lists them in this order."""

    def decorate(verb: Verb) -> Verb:
        for member in reversed(members):
            verb = member(verb)
        return verb

    return decorate


def bundle(purpose: str) -> Option:
    """Return the option that names a bundle; `purpose` begins its help."""
    return click.option(
        "--bundle",
        metavar="DIR|s3://BUCKET/bundles/DIGEST",
        help=f"{purpose} Default: the champion in the state folder.",
    )


state: Option = click.option(
    "--state",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".secom"),
    show_default=True,
    help="Folder kept between runs: store, tracking database, champion, report.",
)

data: Option = click.option(
    "--data",
    metavar="SOURCE",
    help="A folder, a .zip, an https address, s3://bucket/prefix, or synthetic[:SEED]. "
    "Default: SECOM_DATA, else the cache, else UCI, else (loudly) the synthetic twin.",
)

training: Option = _group(
    click.option("--seed", type=int, default=0, show_default=True, help="Of every draw."),
    click.option(
        "--max-inspection-rate",
        type=float,
        default=0.2,
        show_default=True,
        help="Inspection capacity as a share of all units.",
    ),
    click.option(
        "--missed-fail-cost",
        type=float,
        default=0.0,
        show_default=True,
        help="What an escape costs, in inspections; 0 sets the threshold by capacity.",
    ),
    click.option(
        "--search",
        type=click.Choice(["full", "quick"]),
        default="full",
        show_default=True,
        help="Quick takes each family's first combination of parameters as it is.",
    ),
    click.option(
        "--first-window",
        type=float,
        default=0.4,
        show_default=True,
        help="Share of units in the first training window.",
    ),
    click.option(
        "--holdout",
        type=float,
        default=0.2,
        show_default=True,
        help="Share of units that only the gate sees.",
    ),
)
