"""Kubeflow Pipelines components, one a file, and the adapters to MLflow and Kubernetes.

A component is a lightweight Python component on the project's own training image: Kubeflow runs
it in a container, `kfp.local` in a process, and nothing is installed when it starts. Its body
imports what it needs, reads its inputs, calls the domain, and writes its outputs.
"""
