"""Options of the command line that several verbs share, or that come as a group."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from serving.predictor.limits import RANGES, Limits
from serving.predictor.recording import settings as recording_settings

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

place: Option = _group(
    click.option("--name", required=True, help="Name of the InferenceService."),
    click.option("--namespace", required=True, help="Its namespace."),
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
    click.option(
        "--until",
        type=float,
        default=1.0,
        show_default=True,
        help="Share of the units, the earliest, that the run knows of.",
    ),
)


def _set_by(flag: str, *names: str, **settings: Any) -> Option:  # noqa: ANN401 - click's settings
    """Return an option that an environment variable of its name sets too: SECOM_… for --…."""
    variable = "SECOM_" + flag.removeprefix("--").replace("-", "_").upper()
    return click.option(flag, *names, envvar=variable, show_envvar=True, **settings)


def _number(
    flag: str, name: str, purpose: str, *, within: tuple[float, float], default: float
) -> Option:
    low, high = within
    is_whole = isinstance(default, int)
    kind = click.IntRange(int(low), int(high)) if is_whole else click.FloatRange(low, high)
    return _set_by(flag, name, type=kind, default=default, show_default=True, help=purpose)


def _limit(flag: str, name: str, purpose: str) -> Option:
    default = getattr(Limits(), name)
    return _number(flag, name, purpose, within=RANGES[name], default=default)


def _recorded(flag: str, name: str, purpose: str, default: float) -> Option:
    return _number(flag, name, purpose, within=recording_settings.RANGES[name], default=default)


limits: Option = _group(
    _limit("--max-body-bytes", "body_bytes", "Largest request; a larger one gets 413."),
    _limit("--body-seconds", "body_seconds", "Time in which a body must arrive, else 408."),
    _limit("--max-held-bytes", "held_bytes", "Bodies in memory at one time, else 503."),
    _limit("--max-queue", "queue", "Requests that wait at one time, else 503."),
    _limit("--max-long-queue", "long_queue", "Of those, over 1 MB or with explanations."),
    _limit("--drain-seconds", "drain_seconds", "After SIGTERM, how long to answer as not ready."),
    _limit("--grace-seconds", "grace_seconds", "After that, how long to finish what is in flight."),
)

recording: Option = _group(
    _set_by(
        "--record",
        "record",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Write every scored unit there before it is answered; `secom ship` brings them to "
        "the store. Default: write none.",
    ),
    _recorded(
        "--record-max-bytes",
        "max_bytes",
        "What that folder may hold; beyond it units are scored and not recorded.",
        recording_settings.DEFAULT_MAX_BYTES,
    ),
    _recorded(
        "--audit-share",
        "audit_share",
        "Share of unflagged units to mark for audit, while units are recorded.",
        recording_settings.DEFAULT_AUDIT_SHARE,
    ),
    _recorded("--audit-seed", "audit_seed", "Which of them: equal seeds, equal marks.", 0),
)

monitor: Option = _group(
    # No variables of these: Kubernetes sets SECOM_PORT where a Service is called secom.
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8090,
        show_default=True,
        help="HTTP; 0: any.",
    ),
    _number("--every", "every", "Seconds between two rounds.", within=(0.1, 3600), default=15.0),
    _number("--window", "window", "Units of a window of drift.", within=(50, 100_000), default=200),
    _set_by(
        "--source",
        metavar="SOURCE",
        help="The original data, to which a training adds what was scored since. Default: UCI's.",
    ),
    _set_by("--kubeflow", metavar="URL", help="Kubeflow Pipelines' API, to start pipelines."),
    click.option(
        "--here",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Instead of Kubeflow: train on this machine, each run in a folder of its own there.",
    ),
    _set_by(
        "--inference-service",
        metavar="NAME",
        default="",
        help="Which one a promotion rolls out.",
    ),
    _number(
        "--cooldown-hours",
        "cooldown_hours",
        "From one training to the next, at least.",
        within=(0.0, 10_000.0),
        default=24.0,
    ),
    _number(
        "--new-fails",
        "new_fails",
        "Fails with outcomes since the last training that start another one.",
        within=(1, 100_000),
        default=10,
    ),
)

log_level: Option = _set_by(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="Debug logs a line a request.",
)

_pem = click.Path(path_type=Path)
tls: Option = _group(
    _set_by(
        "--tls-cert",
        "certificate",
        type=_pem,
        metavar="FILE",
        help="PEM chain; with --tls-key, REST and gRPC speak TLS. Renewed files are taken.",
    ),
    _set_by("--tls-key", "key", type=_pem, metavar="FILE", help="Its private key, unencrypted."),
)
