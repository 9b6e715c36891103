"""MLflow: ours, with a volume or a database, or the site's."""

from tests.helm.rendering import environment, names_of, one, pod_of, render


def test_mlflow_should_leave_its_volume_when_told():
    """Helm's own mark keeps a volume that would else be deleted."""
    plain, kept = (
        one(render(f"mlflow.persistence.keep={choice}"), "PersistentVolumeClaim")["metadata"]
        for choice in ("false", "true")
    )

    assert "annotations" not in plain
    assert kept["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_mlflow_should_know_its_hosts_and_be_asked_by_them():
    """It refuses names that it does not know, so the probe asks the API by the Service's name."""
    manifests = render("mlflow.allowedHosts={mlflow.example.com,runs.example.com}")
    (server,) = pod_of(manifests, "Deployment secom-mlflow")["containers"]
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
    (server,) = pod_of(manifests, "Deployment secom-mlflow")["containers"]
    policy = one(manifests, "NetworkPolicy", "secom-mlflow-to-database")

    assert environment(server)["MLFLOW_BACKEND_STORE_URI"] == {
        "secretKeyRef": {"name": "database", "key": "MLFLOW_BACKEND_STORE_URI"}
    }
    assert policy["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": 5432}]


def test_mlflow_of_ones_own_should_replace_the_server():
    """Tasks and jobs record there, and nothing of MLflow is brought."""
    manifests = render("mlflow.enabled=false", "mlflow.trackingUri=https://mlflow.example.com")

    assert names_of(manifests, "Deployment") == {"secom-monitor"}
    assert names_of(manifests, "Service") == {"secom-minio", "secom-monitor"}
    assert (
        one(manifests, "ConfigMap", "secom-pipeline")["data"]["MLFLOW_TRACKING_URI"]
        == "https://mlflow.example.com"
    )
