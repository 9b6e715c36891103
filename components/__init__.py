"""Kubeflow Pipelines components, one a file, and the adapters to MLflow and Kubernetes."""
