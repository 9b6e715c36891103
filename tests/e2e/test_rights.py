"""What the pipelines' account may do in the serving namespace, and that it may do nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from tests.e2e.cluster import CommandError, Manifest, kubectl
from tests.e2e.release import Installed

pytestmark = pytest.mark.e2e

_KSERVE, _APPS, _LEASES = "serving.kserve.io", "apps", "coordination.k8s.io"
_RBAC = "rbac.authorization.k8s.io"

# Verbs, API group, resource with subresource, name.
ALLOWED = [
    ("get create patch watch", _KSERVE, "inferenceservices", ""),
    ("get list watch", _APPS, "deployments", ""),
    ("get list watch", _APPS, "replicasets", ""),
    ("get list watch", "", "pods", ""),
    ("create", _LEASES, "leases", ""),
    ("get update", _LEASES, "leases", "secom-rollout"),
    ("get", "", "configmaps", "secom-template"),
]
DENIED = [
    ("get list watch create update patch delete", "", "secrets", ""),
    ("list update delete deletecollection", _KSERVE, "inferenceservices", ""),
    ("get create delete", _KSERVE, "servingruntimes", ""),
    ("create update patch delete", _APPS, "deployments", ""),
    ("update patch", _APPS, "deployments/scale", ""),
    ("create update patch delete", "", "pods", ""),
    ("get create", "", "pods/exec", ""),
    ("create", "", "pods/attach", ""),
    ("create", "", "pods/portforward", ""),
    ("create", "", "pods/eviction", ""),
    ("get", "", "pods/log", ""),
    ("get list update", _LEASES, "leases", ""),
    ("patch delete", _LEASES, "leases", "secom-rollout"),
    ("get", _LEASES, "leases", "another"),
    ("get list create update patch delete", "", "configmaps", ""),
    ("update patch delete", "", "configmaps", "secom-template"),
    ("get", "", "configmaps", "another"),
    ("create", "", "serviceaccounts/token", ""),
    ("impersonate", "", "serviceaccounts", ""),
    ("get create escalate bind", _RBAC, "roles", ""),
    ("get create", _RBAC, "rolebindings", ""),
]


def _allowed(
    rules: Iterable[tuple[str, str, str, str]], *, runner_of: str, namespace: str
) -> list[tuple[str, str, str, str]]:
    """Ask the API server which of all this the runner may do in a namespace, in one call."""
    asked = [(verb, *what) for verbs, *what in rules for verb in verbs.split()]
    user = {
        "user": f"system:serviceaccount:{runner_of}:pipeline-runner",
        "groups": ["system:serviceaccounts", f"system:serviceaccounts:{runner_of}"],
    }
    reviews = [_review(user, namespace, *one) for one in asked]
    said = kubectl(
        "create",
        "--filename=-",
        r'--output=jsonpath={.status.allowed}{"\n"}',
        stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": reviews}),
    )
    return [one for one, word in zip(asked, said.split(), strict=True) if word == "true"]


def _review(
    user: Manifest, namespace: str, verb: str, group: str, resource: str, name: str
) -> Manifest:
    kind, _, subresource = resource.partition("/")
    attributes = {
        "namespace": namespace,
        "verb": verb,
        "group": group,
        "resource": kind,
        "subresource": subresource,
        "name": name,
    }
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": user | {"resourceAttributes": attributes},
    }


def test_the_runner_may_do_what_a_roll_out_takes(installed: Installed):
    """Each verb that promote and rollback use."""
    namespace = installed.release.namespace
    expected = [(verb, *what) for verbs, *what in ALLOWED for verb in verbs.split()]

    assert _allowed(ALLOWED, runner_of=namespace, namespace=namespace) == expected


def test_the_runner_may_do_nothing_else(installed: Installed):
    """Neither read secrets, nor delete, nor get into pods, nor change what is not its own."""
    namespace = installed.release.namespace

    assert _allowed(DENIED, runner_of=namespace, namespace=namespace) == []


def test_the_runner_may_do_nothing_in_other_namespaces(installed: Installed):
    """What it may do, it may do where the release is, and it is no one else's runner."""
    namespace = installed.release.namespace
    rules = ALLOWED + DENIED

    assert _allowed(rules, runner_of=namespace, namespace="default") == []
    assert _allowed(rules, runner_of="default", namespace=namespace) == []


def test_a_forbidden_call_is_refused_in_deed(installed: Installed):
    """The API server refuses the call itself, not only when it is asked beforehand."""
    namespace = installed.release.namespace
    account = f"--as=system:serviceaccount:{namespace}:pipeline-runner"

    for forbidden in (("get", "secrets"), ("delete", "inferenceservice", "secom")):
        with pytest.raises(CommandError, match="Forbidden"):
            kubectl(*forbidden, f"--namespace={namespace}", account)
