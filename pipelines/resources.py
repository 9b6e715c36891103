"""What a task is given on a cluster: addresses, credentials, and how much of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfp import kubernetes

from pipelines.environment import ONE_THREAD

if TYPE_CHECKING:
    from kfp.dsl import PipelineTask

CONFIG_MAP = "secom-pipeline"
"""Holds the addresses below under their own names, in the namespace where tasks run."""
ADDRESSES = (
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "SECOM_BUCKET",
    "MLFLOW_TRACKING_URI",
    "SECOM_SERVING_NAMESPACE",
)
CA_BUNDLE = "AWS_CA_BUNDLE"
"""In the same ConfigMap where the store's certificate is the site's own: a path in `CA_FOLDER`."""

CA_CONFIG_MAP = "secom-ca"
"""Where such a site keeps its authority's certificate; tasks start without it, too."""
CA_FOLDER = "/etc/secom/ca"

SECRET = "secom-pipeline"  # noqa: S105 - the name of a Secret, not what it holds
"""Holds the credentials below under their own names, in the same namespace."""
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

TOKEN_SECRET = "secom-token"  # noqa: S105 - likewise
"""Holds what the predictor asks clients for, where it does, under the name below."""
TOKEN = "SECOM_TOKEN"  # noqa: S105 - a variable's name

USER = 10001
"""Who owns the files of the image; Kubeflow adds the rest that a `restricted` namespace asks."""


def equip(task: PipelineTask) -> PipelineTask:
    """Give a task its environment and its share of a node.

    KFP gives a task's own code no object-store settings; they come from a ConfigMap and a Secret
    with fixed names. Nothing is cached: whoever judges or promotes must look at the world as it
    is, and every stage carries its run's id anyway.
    """
    task.set_caching_options(enable_caching=False)
    task.set_cpu_request("500m").set_cpu_limit("2")
    task.set_memory_request("512Mi").set_memory_limit("2Gi")
    for name, value in ONE_THREAD.items():
        task.set_env_variable(name, value)
    kubernetes.use_config_map_as_env(task, CONFIG_MAP, {name: name for name in ADDRESSES})
    kubernetes.use_config_map_as_env(task, CONFIG_MAP, {CA_BUNDLE: CA_BUNDLE}, optional=True)
    kubernetes.use_config_map_as_volume(task, CA_CONFIG_MAP, CA_FOLDER, optional=True)
    kubernetes.use_secret_as_env(task, SECRET, {name: name for name in CREDENTIALS})
    kubernetes.use_secret_as_env(task, TOKEN_SECRET, {TOKEN: TOKEN}, optional=True)
    kubernetes.set_security_context(task, run_as_user=USER, run_as_group=USER, run_as_non_root=True)
    return task
