import copy

import pytest

from components.rollout import progress
from secom_core.errors import RolloutError

NEW = {"secom.io/bundle-digest": "new", "secom.io/template-digest": "t"}
OLD = NEW | {"secom.io/bundle-digest": "old"}


def deployment(*, annotations=NEW, generation=7, observed=7, desired=2, conditions=(), **counts):
    """A Deployment whose roll-out is over, unless something else is said."""
    full = {"updatedReplicas": desired, "availableReplicas": desired, "replicas": desired}
    return {
        "metadata": {"generation": generation},
        "spec": {"replicas": desired, "template": {"metadata": {"annotations": annotations}}},
        "status": {
            "observedGeneration": observed,
            "conditions": list(conditions),
            **full,
            **counts,
        },
    }


def pod(*, name="p", annotations=NEW, ready="True", containers=(), inits=(), conditions=()):
    """A pod."""
    return {
        "metadata": {"name": name, "annotations": annotations},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}, *conditions],
            "containerStatuses": list(containers),
            "initContainerStatuses": list(inits),
        },
    }


def waiting(reason, *, name="kserve-container", message="", last=None):
    """A container that does not run."""
    state = {"waiting": {"reason": reason, "message": message}}
    return {"name": name, "state": state, "lastState": {"terminated": last} if last else {}}


def test_roll_out_is_over_when_all_replicas_are_new_and_available():
    """Observed, updated = available = present = desired."""
    assert progress.missing(deployment(), [pod(), pod()], NEW) is None


@pytest.mark.parametrize("annotations", [OLD, NEW | {"secom.io/template-digest": "u"}, None])
def test_old_replicas_pass_every_count_and_it_is_not_over(annotations):
    """Right after the apply the Deployment is that of the former bundle or template."""
    missing = progress.missing(deployment(annotations=annotations), [], NEW)

    assert missing.what == "KServe to take up the InferenceService"


def test_before_the_first_roll_out_there_is_no_deployment():
    """It comes once KServe has seen the InferenceService."""
    assert "KServe" in progress.missing(None, [], NEW).what


def test_counts_of_an_earlier_generation_do_not_count():
    """The Deployment's controller has not yet looked at the new template."""
    missing = progress.missing(deployment(observed=6), [], NEW)

    assert missing.what == "Kubernetes to take up the Deployment"


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"updatedReplicas": 1}, "1 are new, 2 available, 1 old"),
        ({"availableReplicas": 1}, "2 are new, 1 available, 0 old"),
        ({"replicas": 3}, "2 are new, 2 available, 1 old"),
    ],
)
def test_each_count_is_waited_for(counts, said):
    """None that is old, and none that is new but not yet available."""
    assert said in progress.missing(deployment(**counts), [], NEW).what


def test_no_replicas_yet_is_not_over():
    """A Deployment that was just made has no counts at all."""
    fresh = deployment()
    fresh["status"] = {"observedGeneration": 7}

    assert "0 are new" in progress.missing(fresh, [], NEW).what


def test_crash_loop_ends_it_with_the_last_words():
    """Nobody waits for minutes while a container crashes over and over."""
    last = {"exitCode": 2, "message": "Error: the bundle was altered\n"}
    looping = pod(ready="False", containers=[waiting("CrashLoopBackOff", last=last)])

    with pytest.raises(RolloutError, match=r"exit code 2: Error: the bundle was altered$"):
        progress.missing(deployment(availableReplicas=1), [looping], NEW)


def test_init_container_that_fails_ends_it():
    """A bundle that cannot be fetched is told by whoever fetches it."""
    last = {"exitCode": 2, "message": "wrong credentials"}
    inits = [waiting("CrashLoopBackOff", name="storage-initializer", last=last)]

    with pytest.raises(RolloutError, match=r"container storage-initializer.*wrong credentials"):
        progress.missing(deployment(availableReplicas=1), [pod(ready="False", inits=inits)], NEW)


@pytest.mark.parametrize(
    "reason", ["ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"]
)
def test_container_that_can_never_start_ends_it(reason):
    """With the kubelet's own message."""
    containers = [waiting(reason, message='secret "keys" not found')]

    with pytest.raises(RolloutError, match=f'{reason}: secret "keys" not found'):
        progress.missing(
            deployment(availableReplicas=1), [pod(ready="False", containers=containers)], NEW
        )


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", "ErrImagePull"])
def test_container_that_may_yet_start_is_waited_for(reason):
    """One failed pull is no verdict."""
    containers = [waiting(reason)]

    assert progress.missing(
        deployment(availableReplicas=1), [pod(ready="False", containers=containers)], NEW
    )


def test_old_pods_may_crash():
    """They are what the roll-out replaces."""
    crashing = pod(annotations=OLD, containers=[waiting("CrashLoopBackOff")])

    assert progress.missing(deployment(), [crashing, pod()], NEW) is None


def test_pods_that_leave_may_crash():
    """They have been told to go."""
    leaving = pod(containers=[waiting("CrashLoopBackOff")])
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    assert progress.missing(deployment(), [leaving, pod()], NEW) is None


def test_pods_that_are_refused_are_not_waited_for_long():
    """Pod Security or a quota says no; it might only be a webhook that restarts."""
    refused = {"type": "ReplicaFailure", "status": "True", "message": "violates PodSecurity"}
    hindered = progress.missing(deployment(updatedReplicas=0, conditions=[refused]), [], NEW)
    rolling = progress.missing(deployment(updatedReplicas=0), [], NEW)

    assert "violates PodSecurity" in hindered.what
    assert hindered.patience_seconds < rolling.patience_seconds


def test_pod_without_a_node_is_told():
    """Whoever waits in vain learns why."""
    homeless = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: Insufficient cpu"}
    missing = progress.missing(
        deployment(availableReplicas=1), [pod(ready="False", conditions=[homeless])], NEW
    )

    assert "Insufficient cpu" in missing.what


def test_deadline_of_the_deployment_ends_it():
    """Kubernetes itself has given up."""
    late = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": 'ReplicaSet "x" has timed out progressing.',
    }

    with pytest.raises(RolloutError, match="timed out progressing"):
        progress.missing(deployment(updatedReplicas=1, conditions=[late]), [], NEW)


def test_only_new_and_ready_pods_are_asked():
    """Neither old ones nor those that start or leave."""
    leaving = copy.deepcopy(pod(name="leaving"))
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    pods = [pod(name="new"), pod(name="old", annotations=OLD), pod(ready="False"), leaving]

    assert [one["metadata"]["name"] for one in progress.ready_pods(pods, NEW)] == ["new"]
