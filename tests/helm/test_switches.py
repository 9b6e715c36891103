"""What each choice changes; the defaults are in the snapshot."""

import pytest

from pipelines import resources
from tests.helm.rendering import (
    NAMESPACE,
    all_of,
    arguments,
    containers,
    environment,
    inference_service,
    names_of,
    one,
    pods,
    predictor,
    render,
    texts,
)

DIGEST = "ab" * 32
EXTERNAL = (
    "minio.enabled=false",
    "objectStore.endpoint=https://s3.example.com",
    "objectStore.existingSecret=keys",
)
KFP = ("kfp.endpoint=http://ml-pipeline.kubeflow:8888",)


def _pod(manifests, where):
    return dict(pods(manifests))[where]


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


def test_kfp_namespace_should_get_what_tasks_need():
    """Configuration, credentials and the binding's subject follow the tasks; the Role stays."""
    manifests = render("kfp.namespace=kubeflow", "kfp.serviceAccount=default-editor")
    subject, _ = one(manifests, "RoleBinding", "secom-rollout")["subjects"]

    assert one(manifests, "ConfigMap", "secom-pipeline")["metadata"]["namespace"] == "kubeflow"
    assert one(manifests, "Secret", "secom-pipeline")["metadata"]["namespace"] == "kubeflow"
    assert (subject["name"], subject["namespace"]) == ("default-editor", "kubeflow")
    assert one(manifests, "RoleBinding", "secom-rollout")["metadata"]["namespace"] == NAMESPACE
    assert (
        one(manifests, "ConfigMap", "secom-pipeline")["data"]["SECOM_SERVING_NAMESPACE"]
        == NAMESPACE
    )


def test_tasks_should_get_the_credentials_of_minio():
    """Both Secrets hold one and the same pair."""
    manifests = render()
    store = one(manifests, "Secret", "secom-store")["data"]
    tasks = one(manifests, "Secret", "secom-pipeline")["data"]

    assert tasks.items() <= store.items()


def test_external_store_should_replace_minio():
    """No MinIO, no Secret of ours; jobs and tasks have the address and the given Secret's name."""
    manifests = render(*EXTERNAL)
    variables = environment(_pod(manifests, "CronJob secom-prune")["containers"][0])

    assert all_of(manifests, "StatefulSet") == []
    assert all_of(manifests, "Secret") == []
    assert variables["AWS_ENDPOINT_URL"] == "https://s3.example.com"
    assert variables["AWS_ACCESS_KEY_ID"]["secretKeyRef"]["name"] == "keys"
    assert (
        one(manifests, "ConfigMap", "secom-pipeline")["data"]["AWS_ENDPOINT_URL"]
        == "https://s3.example.com"
    )
    assert one(manifests, "ServiceAccount", "secom-predictor")["secrets"] == [{"name": "keys"}]


def test_ca_certificate_should_reach_everybody_who_asks_the_store():
    """It is in both namespaces, and each of our containers that reads the store trusts it."""
    manifests = render(
        *EXTERNAL,
        "objectStore.caCertificate=-----BEGIN CERTIFICATE-----",
        "kfp.namespace=kubeflow",
        "storageContainer.create=true",
    )
    maps = [each for each in all_of(manifests, "ConfigMap") if "ca.crt" in each["data"]]
    tasks = one(manifests, "ConfigMap", resources.CONFIG_MAP)["data"]
    runtime = _pod(manifests, "ServingRuntime secom-predictor-runtime")

    assert {each["metadata"]["namespace"] for each in maps} == {NAMESPACE, "kubeflow"}
    assert {each["metadata"]["name"] for each in maps} == {resources.CA_CONFIG_MAP}
    assert tasks[resources.CA_BUNDLE] == f"{resources.CA_FOLDER}/ca.crt"
    for container in (
        runtime["initContainers"][0],
        _pod(manifests, "Job secom-rollout")["containers"][0],
    ):
        assert environment(container)["AWS_CA_BUNDLE"] == "/etc/secom/ca/ca.crt"
        assert "/etc/secom/ca" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_minio_should_have_the_bucket_when_it_starts():
    """Its first container makes the folder that is the bucket."""
    manifests = render("objectStore.bucket=line-7")
    (bucket,) = _pod(manifests, "StatefulSet secom-minio")["initContainers"]

    assert bucket["command"] == ["mkdir", "-p", "/data/line-7"]


@pytest.mark.parametrize(("choice", "policy"), [("false", "Delete"), ("true", "Retain")])
def test_minio_should_leave_its_volume_when_told(choice, policy):
    """Uninstalling deletes the volume, unless somebody wants it kept."""
    claim = one(render(f"minio.persistence.keep={choice}"), "StatefulSet")["spec"]

    assert claim["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == policy


def test_mlflow_should_leave_its_volume_when_told():
    """Helm's own mark keeps a volume that would else be deleted."""
    plain, kept = (
        one(render(f"mlflow.persistence.keep={choice}"), "PersistentVolumeClaim")["metadata"]
        for choice in ("false", "true")
    )

    assert "annotations" not in plain
    assert kept["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_volumes_should_be_of_the_class_asked_for():
    """Both claims name it; else they name none, which means the cluster's default."""
    manifests = render("minio.persistence.storageClass=ssd", "mlflow.persistence.storageClass=ssd")
    (minio,) = one(manifests, "StatefulSet")["spec"]["volumeClaimTemplates"]

    assert minio["spec"]["storageClassName"] == "ssd"
    assert one(manifests, "PersistentVolumeClaim")["spec"]["storageClassName"] == "ssd"
    assert "storageClassName" not in one(render(), "PersistentVolumeClaim")["spec"]


def test_no_volume_should_be_claimed_where_there_is_none():
    """A cluster without storage runs everything, and forgets it with the pod."""
    manifests = render("minio.persistence.enabled=false", "mlflow.persistence.enabled=false")

    assert all_of(manifests, "PersistentVolumeClaim") == []
    assert "volumeClaimTemplates" not in one(manifests, "StatefulSet")["spec"]
    for where in ("StatefulSet secom-minio", "Deployment secom-mlflow"):
        volumes = {volume["name"]: volume for volume in _pod(manifests, where)["volumes"]}
        assert "emptyDir" in volumes["data"]


def test_mlflow_should_know_its_hosts_and_be_asked_by_them():
    """It refuses names that it does not know, so the probe asks the API by the Service's name."""
    manifests = render("mlflow.allowedHosts={mlflow.example.com,runs.example.com}")
    (server,) = _pod(manifests, "Deployment secom-mlflow")["containers"]
    allowed = environment(server)["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    address = one(manifests, "ConfigMap", "secom-pipeline")["data"]["MLFLOW_TRACKING_URI"]
    ask = server["readinessProbe"]["httpGet"]

    assert {"secom-mlflow:5000", "localhost:5000", "mlflow.example.com"} < set(allowed)
    assert ask["path"].startswith("/api/")
    assert ask["httpHeaders"] == [{"name": "Host", "value": address.removeprefix("http://")}]
    assert address.removeprefix("http://") in allowed


def test_mlflow_should_use_the_database_of_a_secret():
    """The address, with its password, reaches the server by reference; its port is let out."""
    manifests = render("mlflow.databaseUrlSecret=database")
    (server,) = _pod(manifests, "Deployment secom-mlflow")["containers"]
    policy = one(manifests, "NetworkPolicy", "secom-mlflow-to-database")

    assert environment(server)["MLFLOW_BACKEND_STORE_URI"] == {
        "secretKeyRef": {"name": "database", "key": "MLFLOW_BACKEND_STORE_URI"}
    }
    assert policy["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": 5432}]


def test_mlflow_of_ones_own_should_replace_the_server():
    """Tasks and jobs record there, and nothing of MLflow is brought."""
    manifests = render("mlflow.enabled=false", "mlflow.trackingUri=https://mlflow.example.com")

    assert all_of(manifests, "Deployment") == []
    assert names_of(manifests, "Service") == {"secom-minio"}
    assert (
        one(manifests, "ConfigMap", "secom-pipeline")["data"]["MLFLOW_TRACKING_URI"]
        == "https://mlflow.example.com"
    )


def test_replicas_should_be_fixed_unless_a_range_is_given():
    """KServe makes an autoscaler unless told otherwise, and one that cannot scale is only noise."""
    service = inference_service(render("inferenceService.minReplicas=3", _most(3)))
    predictor_spec = service["spec"]["predictor"]

    assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "none"
    assert (predictor_spec["minReplicas"], predictor_spec["maxReplicas"]) == (3, 3)
    assert "scaleTarget" not in predictor_spec


def test_autoscaler_should_aim_at_the_given_share_of_cpu():
    """A range of replicas brings KServe's HorizontalPodAutoscaler."""
    service = inference_service(render(_most(6), "inferenceService.targetCpuPercent=60"))
    predictor_spec = service["spec"]["predictor"]

    assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "hpa"
    assert (predictor_spec["scaleMetric"], predictor_spec["scaleTarget"]) == ("cpu", 60)


def test_inference_service_should_carry_what_is_chosen_for_it():
    """Name, annotations and place; the project's own annotations win over given ones."""
    service = inference_service(
        render(
            "inferenceService.name=line-7",
            r"inferenceService.annotations.serving\.kserve\.io/deploymentMode=Knative",
            "inferenceService.annotations.owner=yield",
            "inferenceService.nodeSelector.zone=a",
            "inferenceService.tolerations[0].key=fab",
            "inferenceService.affinity.nodeAffinity.x=y",
        )
    )
    spec = service["spec"]["predictor"]

    assert service["metadata"]["name"] == "line-7"
    assert service["metadata"]["annotations"]["owner"] == "yield"
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
    assert spec["nodeSelector"] == {"zone": "a"}
    assert spec["tolerations"] == [{"key": "fab"}]
    assert spec["affinity"] == {"nodeAffinity": {"x": "y"}}


def test_name_should_be_one_and_the_same_everywhere():
    """Template, budget, policy and jobs speak of the InferenceService that is chosen."""
    manifests = render("inferenceService.name=line-7")
    selector = {"serving.kserve.io/inferenceservice": "line-7"}

    assert "line-7-template" in names_of(manifests, "ConfigMap")
    assert one(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == selector
    assert arguments(manifests, "secom-rollout") == ["rollout", "--name=line-7", "--namespace=fab"]
    assert arguments(manifests, "secom-remove") == ["remove", "--name=line-7", "--namespace=fab"]
    assert arguments(manifests, "secom-smoke") == [
        "smoke",
        "--url=http://line-7-predictor.fab.svc:80",
    ]


def test_predictor_should_be_found_by_every_selector():
    """KServe puts its own label on pods, and ours go with them."""
    manifests = render()
    labels = inference_service(manifests)["spec"]["predictor"]["labels"]
    deny = one(manifests, "NetworkPolicy", "secom-default-deny")["spec"]["podSelector"]

    assert deny["matchLabels"].items() <= labels.items()
    assert labels["app.kubernetes.io/component"] == "predictor"


def test_image_should_change_with_a_roll_out_only():
    """KServe follows a changed runtime unasked, but not where the InferenceService differs."""
    manifests = render("image.serve.repository=registry/serve", "image.serve.tag=1.2.3")

    assert inference_service(manifests)["spec"]["predictor"]["model"]["image"] == (
        "registry/serve:1.2.3"
    )
    assert predictor(manifests)["image"] == "registry/serve:1.2.3"


def test_template_should_change_with_the_runtime():
    """What is applied tells a roll-out that there is something to judge."""
    plain, secured, anew = (
        inference_service(render(*choices))["spec"]["predictor"]["annotations"]
        for choices in ((), ("tls.existingSecret=certificate",), ())
    )

    assert plain == anew
    assert plain["secom.io/runtime"] != secured["secom.io/runtime"]


def test_first_roll_out_should_be_a_hook_of_the_installation():
    """Of an upgrade it is none: by then the pipeline may have promoted another bundle."""
    manifests = render(*EXTERNAL, f"champion.digest={DIGEST}")
    hooks = {
        each["metadata"]["name"]: each["metadata"]["annotations"]["helm.sh/hook"]
        for each in all_of(manifests, "Job")
    }

    assert hooks == {
        "secom-first-rollout": "post-install",
        "secom-rollout": "post-upgrade,post-rollback",
        "secom-remove": "pre-delete",
        "secom-smoke": "test",
    }
    assert f"--digest={DIGEST}" in arguments(manifests, "secom-first-rollout")
    assert f"--digest={DIGEST}" not in arguments(manifests, "secom-rollout")


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


def test_storage_container_should_carry_release_and_namespace():
    """Two releases on one cluster fetch with their own image, from their own store."""
    manifests = render("storageContainer.create=true", name="line-7")
    container = one(manifests, "ClusterStorageContainer")
    prefix = one(manifests, "ConfigMap", "secom-template")["data"]["storage-uri-prefix"]

    assert container["metadata"]["name"] == "line-7-fab"
    assert container["spec"]["supportedUriFormats"] == [{"prefix": "line-7-fab://"}]
    assert container["spec"]["container"]["command"] == ["secom", "fetch"]
    assert prefix == "line-7-fab://secom/bundles/"
    # Of KServe's own variables one would clash with ours.
    assert "secrets" not in one(manifests, "ServiceAccount", "line-7-predictor")


def test_upload_should_run_where_kubeflow_is_named():
    """After each change of the release, with the image that it runs."""
    manifests = render(*KFP, "image.train.repository=registry/train", "image.train.tag=1.2.3")
    job = one(manifests, "Job", "secom-upload")

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade,post-rollback"
    assert arguments(manifests, "secom-upload") == [
        "upload",
        "--host=http://ml-pipeline.kubeflow:8888",
        "--image=registry/train:1.2.3",
        "--inference-service=secom",
    ]


def test_schedule_should_make_a_recurring_run():
    """The upload says when, and on which data."""
    said = arguments(
        render(*KFP, "kfp.schedule=0 0 4 * * *", "kfp.source=s3://data/secom"), "secom-upload"
    )

    assert said[-2:] == ["--schedule=0 0 4 * * *", "--data=s3://data/secom"]


def test_tls_should_reach_server_probes_monitor_and_test():
    """With a certificate, everybody speaks TLS."""
    manifests = render("tls.existingSecret=certificate", "podMonitor.enabled=true")
    container = predictor(manifests)
    volumes = {each["name"]: each for each in one(manifests, "ServingRuntime")["spec"]["volumes"]}
    (endpoint,) = one(manifests, "PodMonitor")["spec"]["podMetricsEndpoints"]

    assert volumes["tls"]["secret"]["secretName"] == "certificate"
    assert container["args"][-2:] == [
        "--tls-cert=/etc/secom/tls/tls.crt",
        "--tls-key=/etc/secom/tls/tls.key",
    ]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["scheme"] == "HTTPS"
    assert endpoint["scheme"] == "https"
    assert arguments(manifests, "secom-smoke")[1].startswith("--url=https://")


@pytest.mark.parametrize(
    ("choice", "secret"),
    [("token.create=true", "secom-token"), ("token.existingSecret=mine", "mine")],
)
def test_token_should_reach_server_and_jobs_by_reference(choice, secret):
    """The server asks for it, and whoever judges a roll-out or tests sends it."""
    manifests = render(choice)
    reference = {"secretKeyRef": {"name": secret, "key": "SECOM_TOKEN"}}

    assert environment(predictor(manifests))["SECOM_TOKEN"] == reference
    for job in ("Job secom-rollout", "Job secom-smoke"):
        (container,) = containers(_pod(manifests, job))
        assert environment(container)["SECOM_TOKEN"] == reference
    assert (secret in names_of(manifests, "Secret")) is (choice == "token.create=true")


def test_token_should_be_one_for_tasks_and_server():
    """Tasks judge a roll-out by what the server answers, so they are given its token."""
    manifests = render("token.create=true", "kfp.namespace=kubeflow")
    here, there = (
        each
        for each in all_of(manifests, "Secret")
        if each["metadata"]["name"] == resources.TOKEN_SECRET
    )

    assert {here["metadata"]["namespace"], there["metadata"]["namespace"]} == {
        NAMESPACE,
        "kubeflow",
    }
    assert here["data"] == there["data"]
    assert set(there["data"]) == {resources.TOKEN}


def test_monitor_should_be_brought_where_wanted():
    """A cluster without Prometheus' operator would refuse it."""
    assert all_of(render(), "PodMonitor") == []

    monitor = one(render("podMonitor.enabled=true", "podMonitor.labels.team=yield"), "PodMonitor")

    assert monitor["metadata"]["labels"]["team"] == "yield"
    assert monitor["spec"]["podMetricsEndpoints"][0]["path"] == "/metrics"


def test_policies_should_deny_all_but_named_flows():
    """Each pod of the release is closed both ways; who may ask the predictor is a choice."""
    manifests = render("networkPolicy.predictorFrom[0].podSelector.matchLabels.role=mes")
    deny = one(manifests, "NetworkPolicy", "secom-default-deny")["spec"]
    (ingress,) = one(manifests, "NetworkPolicy", "secom-clients-to-predictor")["spec"]["ingress"]

    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    assert "egress" not in deny
    assert {"podSelector": {"matchLabels": {"role": "mes"}}} in ingress["from"]
    assert {"namespaceSelector": {}} not in ingress["from"]
    assert [port["port"] for port in ingress["ports"]] == [8080, 8081]


def test_policies_should_let_out_to_the_external_store():
    """Its port is that of its address."""
    for endpoint, port in {
        "https://s3.example.com": 443,
        "http://s3.example.com": 80,
        "http://minio.minio.svc:9000": 9000,
    }.items():
        manifests = render(
            "minio.enabled=false",
            "objectStore.existingSecret=keys",
            f"objectStore.endpoint={endpoint}",
        )
        policy = one(manifests, "NetworkPolicy", "secom-predictor-and-jobs-to-store")

        assert policy["spec"]["egress"] == [{"ports": [{"protocol": "TCP", "port": port}]}]


def test_policies_should_be_left_out_where_not_wanted():
    """A cluster may have its own."""
    assert all_of(render("networkPolicy.enabled=false"), "NetworkPolicy") == []


def test_pruning_should_keep_what_is_chosen_or_not_run():
    """An empty schedule means never."""
    manifests = render("prune.schedule=0 1 * * 0", "prune.keepBundles=5", "prune.runDays=30")
    (container,) = _pod(manifests, "CronJob secom-prune")["containers"]

    assert one(manifests, "CronJob")["spec"]["schedule"] == "0 1 * * 0"
    assert container["args"] == ["prune", "--keep-bundles=5", "--run-days=30"]
    assert all_of(render("prune.schedule="), "CronJob") == []


def test_notes_should_say_what_to_do_next():
    """Where training starts, how the predictor is asked, and what is missing."""
    plain = texts({})["NOTES.txt"]
    full = texts({"kfp": {"endpoint": "http://kfp:8888"}, "token": {"create": True}})["NOTES.txt"]

    assert "--set kfp.endpoint=" in plain
    assert "http://secom-predictor.fab.svc:80/v2/models/secom/infer" in plain
    assert "--set podMonitor.enabled=true" in plain
    assert "Kubeflow at http://kfp:8888" in full
    assert "bearer token of Secret secom-token" in full


def _most(replicas):
    return f"inferenceService.maxReplicas={replicas}"
