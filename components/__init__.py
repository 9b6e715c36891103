"""Kubeflow Pipelines components, one a file, and the adapters to MLflow and Kubernetes.

A component is a lightweight Python component on the project's own training image: Kubeflow runs
it in a container, `kfp.local` in a process, and nothing is installed when it starts. Its body
imports what it needs, reads its inputs, calls the domain, and writes its outputs.
"""

from functools import partial

from kfp import dsl

TRAIN_IMAGE = "secom-train:0.1.0"

component = partial(dsl.component, base_image=TRAIN_IMAGE, install_kfp_package=False)
