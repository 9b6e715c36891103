"""Which flows the network lets through."""

from tests.helm.rendering import all_of, one, render


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
        policy = one(manifests, "NetworkPolicy", "secom-predictor-monitor-and-jobs-to-store")

        assert policy["spec"]["egress"] == [{"ports": [{"protocol": "TCP", "port": port}]}]


def test_policies_should_be_left_out_where_not_wanted():
    """A cluster may have its own."""
    assert all_of(render("networkPolicy.enabled=false"), "NetworkPolicy") == []


def test_policies_should_let_tasks_in_from_where_they_run():
    """They train on the store, record in MLflow and judge replicas from Kubeflow's namespace."""
    manifests = render("kfp.namespace=kubeflow")
    tasks = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kubeflow"}}}

    for name in (
        "secom-clients-to-predictor",
        "secom-tasks-and-jobs-to-mlflow",
        "secom-all-to-minio",
    ):
        (ingress,) = one(manifests, "NetworkPolicy", name)["spec"]["ingress"]
        assert tasks in ingress["from"]
