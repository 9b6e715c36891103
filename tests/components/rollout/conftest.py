"""Two bundles in a real store, a server of each, and a Kubernetes that runs them."""

import threading

import pytest

from components.rollout import Place
from tests.components.rollout.kubernetes_stand_in import NAME, NAMESPACE, Kubernetes
from tests.serving.running import running


@pytest.fixture(scope="session")
def servers(pair):
    """A server of each."""
    with running(pair[0].path) as first, running(pair[1].path) as second:
        yield [first, second]


@pytest.fixture
def kubernetes(pair, servers, tmp_path, monkeypatch):
    """A cluster that KUBECONFIG leads to, and in which nothing runs."""
    ports = {one.digest: server.http_port for one, server in zip(pair, servers, strict=True)}
    with Kubernetes(ports) as api:
        thread = threading.Thread(target=api.serve_forever)
        thread.start()
        api.write_kubeconfig(tmp_path / "kubeconfig")
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        # Read by the client when it is imported, which another test may have done.
        monkeypatch.setattr(
            "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION",
            str(tmp_path / "kubeconfig"),
        )
        monkeypatch.setattr(
            "kubernetes.config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig")
        )
        yield api
        api.shutdown()
        thread.join()


@pytest.fixture
def place():
    """The InferenceService."""
    return Place(NAME, NAMESPACE)
