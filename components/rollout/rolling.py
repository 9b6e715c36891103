"""The order of a roll-out, and the way back."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from components.published import published
from components.rollout import kubernetes_api
from components.rollout.bringing import CLOCK, Place, Rollout, Target, until_gone
from components.rollout.lease import held
from components.rollout.manifest import bundle_digest_of
from secom_core.errors import (
    BundleError,
    LostLeaseError,
    ObjectNotFoundError,
    RolloutError,
    SecomError,
)
from secom_core.store import Store, read_champion

if TYPE_CHECKING:
    from components.rollout.kubernetes_api import Cluster
    from secom_core.bundle import Bundle


@contextmanager
def rolled_out(new: Bundle, place: Place, environ: Mapping[str, str]) -> Iterator[None]:
    """Bring a published bundle to every replica, and keep others out until the block ends.

    If anything goes wrong, also within the block, the roll-out goes back to the bundle that served
    before. Run again, after whatever interrupted it, it ends the same.

    Parameters
    ----------
    new : Bundle
    place : Place
    environ : mapping
        Settings of the object store; SECOM_TOKEN if servers ask for one.

    Raises
    ------
    LostLeaseError
        If another roll-out may have taken over; nothing more was touched.
    RolloutError
        If the bundle does not serve as it must, or another roll-out is going on; says what serves
        now.
    StoreError
        If the store cannot say which bundle is champion; nothing was touched.
    """
    cluster = kubernetes_api.connect(place.namespace)
    holder = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    with held(cluster, place.lease, holder=holder, clock=CLOCK) as lease:
        target = Target(new.digest, new.golden)
        former = _former(cluster, place, environ, target)
        rollout = Rollout(cluster, place, cluster.template(place.name), lease, environ)
        try:
            rollout.bring(target)
            yield
        except LostLeaseError:
            raise
        except SecomError as exc:
            message = f"{exc} {_gone_back(rollout, target, former)}"
            raise RolloutError(message) from exc


def remove(place: Place) -> None:
    """Delete what roll-outs have made, and wait until it is gone.

    Raises
    ------
    RolloutError
        If Kubernetes is away or refuses, or it takes too long.
    """
    cluster = kubernetes_api.connect(place.namespace)
    cluster.delete_inference_service(place.name)
    until_gone(lambda: cluster.inference_service(place.name), f"the InferenceService {place}")
    cluster.delete_lease(place.lease)


def _former(
    cluster: Cluster, place: Place, environ: Mapping[str, str], target: Target
) -> Target | None:
    """Return the bundle to go back to.

    It is the champion: what the InferenceService names may be a roll-out that was interrupted.
    Only where the store names no champion is that the best there is.
    """
    champion = read_champion(Store.from_environment(environ))
    service = None if champion else cluster.inference_service(place.name)
    digest = champion.digest if champion else bundle_digest_of(service) if service else None
    if digest is None:
        return None
    if digest == target.digest:  # a template is applied anew, or an interrupted run goes on
        return target
    # A champion that is damaged in the store still serves, and going away from it is the cure.
    with suppress(BundleError, ObjectNotFoundError), published(environ, digest) as found:
        return Target(digest, found.golden)
    return Target(digest, None)


def _gone_back(rollout: Rollout, failed: Target, former: Target | None) -> str:
    """Go back, and say what serves now."""
    try:
        if former is None:
            # There is no right to delete it, and a bundle that failed must not answer.
            rollout.stop(failed)
            return "There was no bundle to go back to: the InferenceService is stopped."
        if former.digest == failed.digest:
            return (
                f"{failed.digest[:12]} is the champion, so there is no other bundle to go back to: "
                "replicas from before go on serving. If the template was changed, put it right."
            )
        rollout.bring(former)
    except LostLeaseError:
        raise
    except SecomError as exc:
        whither = former.digest[:12] if former else "nothing"
        return f"On top of that, the way back to {whither} failed: {exc}"
    return f"Went back to {former.digest[:12]}, which serves."
