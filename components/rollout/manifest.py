"""What is applied: the template that the chart leaves, and the bundle's address."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secom_core.errors import RolloutError

BUNDLE = "secom.io/bundle-digest"
TEMPLATE = "secom.io/template-digest"
"""Annotations of each pod: which bundle it was made for, and from which template."""

_STOP = "serving.kserve.io/stop"
_API_VERSION, _KIND = "serving.kserve.io/v1beta1", "InferenceService"
# Says how many replicas there are, not what one is like: it must replace none of them.
_SCALING = ("minReplicas", "maxReplicas", "scaleMetric", "scaleMetricType", "scaleTarget")

Manifest = Mapping[str, Any]
"""An object of Kubernetes in plain values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """An InferenceService without its bundle.

    Parameters
    ----------
    manifest : mapping
    storage_uri_prefix : str
        Address of all bundles; a digest makes it that of one.
    """

    manifest: Manifest
    storage_uri_prefix: str

    def __post_init__(self) -> None:
        found = (self.manifest.get("apiVersion"), self.manifest.get("kind"))
        if found != (_API_VERSION, _KIND):
            message = (
                f"the template must be an {_KIND} of {_API_VERSION}, got {found[1]} of {found[0]}. "
                "Install the chart again, or apply the manifests of this version."
            )
            raise RolloutError(message)
        if not isinstance(self.manifest.get("spec", {}).get("predictor", {}).get("model"), dict):
            message = "the template has no spec.predictor.model, which is where a bundle goes."
            raise RolloutError(message)

    @property
    def digest(self) -> str:
        """Another one if pods made from it would be others."""
        predictor = self.manifest["spec"]["predictor"]
        lasting = {key: value for key, value in predictor.items() if key not in _SCALING}
        metadata = {key: self.manifest["metadata"].get(key) for key in ("annotations", "labels")}
        return hashlib.sha256(json.dumps([lasting, metadata], sort_keys=True).encode()).hexdigest()

    def pod_annotations(self, bundle_digest: str) -> dict[str, str]:
        """Return what tells pods of this bundle and this template from all others."""
        return {BUNDLE: bundle_digest, TEMPLATE: self.digest}

    def filled(self, bundle_digest: str) -> dict[str, Any]:
        """Return the InferenceService that serves a bundle."""
        manifest = copy.deepcopy(dict(self.manifest))
        predictor = manifest["spec"]["predictor"]
        predictor["model"]["storageUri"] = self.storage_uri_prefix + bundle_digest
        annotations = predictor.setdefault("annotations", {})
        annotations.update(self.pod_annotations(bundle_digest))
        return manifest

    def stopped(self, bundle_digest: str) -> dict[str, Any]:
        """Return the InferenceService without a single pod."""
        manifest = self.filled(bundle_digest)
        manifest["metadata"].setdefault("annotations", {})[_STOP] = "true"
        return manifest


def bundle_digest_of(inference_service: Manifest) -> str | None:
    """Return which bundle an InferenceService was made for; None if no roll-out made it."""
    annotations = inference_service["spec"]["predictor"].get("annotations") or {}
    return annotations.get(BUNDLE)
