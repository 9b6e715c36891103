"""What the chart refuses: values of the wrong form, and options that exclude each other."""

import helm_python
import pytest

from tests.helm.rendering import render

EXTERNAL = ("minio.enabled=false", "objectStore.endpoint=https://s3.example.com")


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ("inferenceService.minReplica=3", "minReplica"),
        ("inferenceService.minReplicas=0", "minReplicas"),
        ("inferenceService.minReplicas=two", "minReplicas"),
        ("inferenceService.name=Secom", "name"),
        ("image.train.tag=latest", "tag"),
        ("image.serve.tag=latest@sha256:abc", "tag"),
        ("minio.image.tag=latest", "tag"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("objectStore.endpoint=s3.example.com", "endpoint"),
        ("objectStore.endpoint=https://me:secret@s3.example.com", "endpoint"),
        ("objectStore.bucket=Not_A_Bucket", "bucket"),
        ("objectStore.caCertificate=ca.pem", "caCertificate"),
        ("champion.digest=abc", "digest"),
        ("kfp.schedule=0 4 * * *", "schedule"),
        ("prune.schedule=0 0 4 * * *", "schedule"),
        ("prune.keepBundles=0", "keepBundles"),
        ("podMonitor.enabled=yes", "enabled"),
        ("minio.persistence.size=much", "size"),
        ("record.maxBytes=256Mi", "maxBytes"),
        ("record.auditShare=2", "auditShare"),
        ("record.auditShare=1.5", "auditShare"),
        ("monitor.windowUnits=10", "windowUnits"),
        ("alerts.runbookBase=https://wiki#top", "runbookBase"),
    ],
)
def test_schema_refuses_wrong_values(choices, named):
    """A misspelt name or a value of the wrong form stops the installation and is named."""
    with pytest.raises(helm_python.HelmError, match=named):
        render(choices)


@pytest.mark.parametrize(
    ("choices", "advice"),
    [
        (("objectStore.endpoint=https://s3.example.com",), "Set minio.enabled=false"),
        (("minio.enabled=false",), "Name one in objectStore.endpoint"),
        (EXTERNAL, "name it in objectStore.existingSecret"),
        ((f"champion.digest={'ab' * 32}",), "Train first"),
        (("mlflow.trackingUri=http://mlflow:5000",), "Set mlflow.enabled=false"),
        (("mlflow.enabled=false",), "Name a server in mlflow.trackingUri"),
        (
            (
                "mlflow.enabled=false",
                "mlflow.trackingUri=http://mlflow:5000",
                "mlflow.databaseUrlSecret=database",
            ),
            "Set mlflow.enabled=true",
        ),
        (("inferenceService.maxReplicas=1",), "Raise it"),
        (
            (
                "inferenceService.maxReplicas=3",
                "inferenceService.resources.requests.cpu=",
            ),
            "Set inferenceService.resources.requests.cpu",
        ),
        (("token.create=true", "token.existingSecret=mine"), "Keep one of them"),
        (("kfp.schedule=0 0 4 * * *",), "Name its API in kfp.endpoint"),
        (
            ("kfp.schedule=0 0 4 * * *", "kfp.endpoint=http://ml-pipeline.kubeflow:8888"),
            "Name them in kfp.source",
        ),
        (("record.enabled=false",), "or monitor.enabled=false"),
        (("alerts.enabled=true",), "Set podMonitor.enabled=true"),
        (("alertmanager.enabled=true",), "Set alerts.enabled=true"),
        (
            (
                "monitor.enabled=false",
                "podMonitor.enabled=true",
                "alerts.enabled=true",
                "alertmanager.enabled=true",
            ),
            "Set monitor.enabled=true",
        ),
    ],
)
def test_conflicting_options_fail_with_advice(choices, advice):
    """Who asks for what cannot be is told what to change."""
    with pytest.raises(helm_python.HelmError, match=advice):
        render(*choices)
