"""What is done with the champion on a cluster outside of a pipeline's run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from components import rollout, tracking
from components.published import published
from components.rollout import asking
from secom_core import promotion
from secom_core.errors import ConfigError
from secom_core.store import Store, read_champion, require_no_hold

if TYPE_CHECKING:
    from components.rollout import Place


def roll_out(place: Place, environ: Mapping[str, str], *, first: str | None) -> str | None:
    """Apply the template anew with the present champion.

    Parameters
    ----------
    place : Place
    environ : mapping
        Settings of the object store and of MLflow.
    first : str, optional
        Digest of a published bundle that becomes the first champion.

    Returns
    -------
    str or None
        The champion's digest; None if there is none, and so nothing to do.

    Raises
    ------
    ConfigError
        If there is another champion than `first`.
    HoldError
        If `first` would become champion while a hold says that nothing may.
    RolloutError, StoreError, BundleError, TrackingError
        If it cannot be done; what served before serves still.
    """
    store = Store.from_environment(environ)
    champion = read_champion(store)
    if champion and first not in {None, champion.digest}:
        message = (
            f"the champion is {champion.digest}, and {first} can only become the first one. "
            "To go to an earlier bundle use `secom rollback`; in the chart, leave champion.digest "
            "empty."
        )
        raise ConfigError(message)
    if first and not champion:
        require_no_hold(store)
        roll_back(place, environ, digest=first)
        return first
    if champion is None:
        return None
    with (
        published(environ, champion.digest) as bundle,
        rollout.rolled_out(bundle, place, environ),
    ):
        return champion.digest


def roll_back(place: Place, environ: Mapping[str, str], *, digest: str) -> None:
    """Serve any bundle that was published earlier, and make it the champion again.

    Run again, after whatever interrupted it, it ends the same.

    Parameters
    ----------
    place : Place
    environ : mapping
        Settings of the object store and of MLflow.
    digest : str
        64 hex digits.

    Raises
    ------
    RolloutError, StoreError, BundleError, TrackingError
        If it cannot be done; what served before serves still.
    """
    with published(environ, digest) as bundle, rollout.rolled_out(bundle, place, environ):
        tracking.move_champion_alias(environ, folder=bundle.path, digest=digest)
        promotion.reinstate(Store.from_environment(environ), bundle)


def check_service(url: str, environ: Mapping[str, str]) -> str | None:
    """Score units whose answers are known, as a client does.

    Parameters
    ----------
    url : str
        The predictor's address.
    environ : mapping
        Settings of the object store; SECOM_TOKEN where the predictor asks for one; AWS_CA_BUNDLE
        where its certificate is the site's own.

    Returns
    -------
    str or None
        The champion's digest; None if there is none.

    Raises
    ------
    RolloutError
        If the predictor is away, or answers otherwise than the champion must.
    StoreError, BundleError
        If the champion cannot be read.
    """
    champion = read_champion(Store.from_environment(environ))
    if champion is None:
        return None
    with published(environ, champion.digest) as bundle:
        asking.server_at(url, environ).check(champion.digest, bundle.golden)
    return champion.digest
