"""Who may do what in which namespace."""

from tests.helm.rendering import NAMESPACE, all_of, one, pods, render

KFP = ("kfp.endpoint=http://ml-pipeline.kubeflow:8888",)


def _rules(manifests, role):
    return {
        (rule["apiGroups"][0], resource): (set(rule["verbs"]), rule.get("resourceNames"))
        for rule in one(manifests, "Role", role)["rules"]
        for resource in rule["resources"]
        if rule["verbs"] != ["create"]
    }


def test_runner_should_have_no_right_beyond_a_roll_out():
    """Each rule is one that a roll-out needs; only `create` of a Lease cannot be tied to a name."""
    role = one(render("inferenceService.name=line-7"), "Role", "secom-rollout")

    assert role["metadata"]["namespace"] == NAMESPACE
    assert role["rules"] == [
        {
            "apiGroups": ["serving.kserve.io"],
            "resources": ["inferenceservices"],
            "verbs": ["get", "create", "patch", "watch"],
        },
        {
            "apiGroups": ["apps"],
            "resources": ["deployments", "replicasets"],
            "verbs": ["get", "list", "watch"],
        },
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["line-7-template"],
            "verbs": ["get"],
        },
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "resourceNames": ["line-7-rollout"],
            "verbs": ["get", "update"],
        },
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
    ]


def test_hooks_should_remove_with_an_account_of_their_own():
    """Only hooks may delete, and only what roll-outs made under one name."""
    manifests = render()
    bound = {
        binding["metadata"]["name"]: {subject["name"] for subject in binding["subjects"]}
        for binding in all_of(manifests, "RoleBinding")
    }

    assert bound == {
        "secom-rollout": {"pipeline-runner", "secom-hooks"},
        "secom-remove": {"secom-hooks"},
    }
    assert _rules(manifests, "secom-remove") == {
        ("serving.kserve.io", "inferenceservices"): ({"delete"}, ["secom"]),
        ("coordination.k8s.io", "leases"): ({"delete"}, ["secom-rollout"]),
    }


def test_chart_should_need_no_right_on_the_cluster():
    """Who may do everything in one namespace can install it."""
    kinds = {each["kind"] for each in render()}

    assert not {kind for kind in kinds if kind.startswith("Cluster")}


def test_roll_out_and_removal_should_act_as_the_hooks_account():
    """Other jobs have an account without a token."""
    manifests = render(*KFP)
    accounts = {
        where: pod["serviceAccountName"] for where, pod in pods(manifests) if "Job" in where
    }

    assert accounts == {
        "Job secom-rollout": "secom-hooks",
        "Job secom-remove": "secom-hooks",
        "Job secom-smoke": "secom-jobs",
        "Job secom-upload": "secom-jobs",
        "CronJob secom-prune": "secom-jobs",
    }
