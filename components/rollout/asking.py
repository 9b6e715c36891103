"""What a server answers over the V2 protocol, compared with what its bundle must answer."""

from __future__ import annotations

import json
import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import urllib3

from secom_core.bundle import GOLDEN_TOLERANCE, Golden
from secom_core.errors import RolloutError
from secom_core.store.settings import CA_BUNDLE

TOKEN = "SECOM_TOKEN"  # noqa: S105 - a variable's name

_MODEL = "/v2/models/secom"
_CONTAINER = "kserve-container"
_TIMEOUT = urllib3.Timeout(connect=3, read=20)
# A pod that has just become ready may be a moment away from this node's rules.
_RETRIES = urllib3.Retry(total=3, backoff_factor=0.5, allowed_methods=None, status_forcelist=(503,))


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask, and how to be let in.

    Parameters
    ----------
    address : str
        As in http://10.0.0.7:8080.
    trust : ssl.SSLContext
        What an https address must prove.
    token : str or None
        Bearer token, never shown.
    """

    address: str
    trust: ssl.SSLContext
    token: str | None = field(repr=False)

    def check(self, digest: str, golden: Golden | None) -> None:
        """Ask which bundle it serves, and then the golden requests if they are known.

        Raises
        ------
        RolloutError
            If it does not answer, refuses, serves another bundle, or answers otherwise than the
            bundle must.
        """
        versions = self._asked("GET", _MODEL).get("versions")
        if versions != [digest]:
            message = f"{self.address} serves {versions}, expected the bundle {digest}."
            raise RolloutError(message)
        if golden:
            self._check_golden(golden)

    def _check_golden(self, golden: Golden) -> None:
        said = self._asked("POST", f"{_MODEL}/infer", body=_request(golden))
        try:
            given = {output["name"]: output["data"] for output in said["outputs"]}
            risk = np.array(given["risk"], dtype=np.float64)
            difference = float(np.max(np.abs(risk - golden.risk), initial=0.0))
            is_decided_alike = given["flagged"] == golden.flagged.tolist()
        except (KeyError, TypeError, ValueError) as exc:
            message = f"{self.address} does not answer in the V2 protocol ({exc!r})."
            raise RolloutError(message) from exc
        # Written so that a NaN counts as different.
        if not (difference <= GOLDEN_TOLERANCE and is_decided_alike):
            message = (
                f"{self.address} answers the golden requests wrongly: risks differ by "
                f"{difference:.3g}, allowed are {GOLDEN_TOLERANCE:.0e}; decisions "
                f"{'agree' if is_decided_alike else 'differ'}."
            )
            raise RolloutError(message)

    def _asked(self, method: str, path: str, *, body: bytes | None = None) -> dict[str, Any]:
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        with (
            warnings.catch_warnings(),
            urllib3.PoolManager(timeout=_TIMEOUT, retries=_RETRIES, ssl_context=self.trust) as http,
        ):
            # What is trusted has been decided where the server was named.
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            try:
                answer = http.request(method, self.address + path, body=body, headers=headers)
                content = json.loads(answer.data)
            except (urllib3.exceptions.HTTPError, ValueError) as exc:
                message = f"{self.address}{path} gives no answer of the V2 protocol: {exc}"
                raise RolloutError(message) from exc
        if answer.status != 200 or not isinstance(content, dict):
            message = f"{self.address}{path} answers {answer.status}: {content}"
            raise RolloutError(message)
        return content


def server_at(address: str, environ: Mapping[str, str]) -> Server:
    """Return the server behind an address that people use.

    It must prove who it is to the system's authorities or the site's own, which AWS_CA_BUNDLE
    names. SECOM_TOKEN is the bearer token, where one is asked for.
    """
    trust = ssl.create_default_context()
    if path := environ.get(CA_BUNDLE):
        trust.load_verify_locations(cafile=path)
    return Server(address.rstrip("/"), trust, environ.get(TOKEN))


def server_of(pod: Mapping[str, Any], environ: Mapping[str, str]) -> Server:
    """Return the server in a pod: at its first port, and over TLS if its probe asks so.

    A certificate names the Service, never a pod: at an address that the API server gave it is not
    checked, as the kubelet's probes do not.
    """
    container = next(one for one in pod["spec"]["containers"] if one["name"] == _CONTAINER)
    probe = (container.get("readinessProbe") or {}).get("httpGet") or {}
    scheme = probe.get("scheme", "HTTP").lower()
    ip, port = pod["status"]["podIP"], container["ports"][0]["containerPort"]
    trust = ssl.create_default_context()
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    address = f"{scheme}://[{ip}]:{port}" if ":" in ip else f"{scheme}://{ip}:{port}"
    return Server(address, trust, environ.get(TOKEN))


def _request(golden: Golden) -> bytes:
    readings = golden.to_json()["readings"]
    tensor = {
        "name": "readings",
        "shape": golden.readings.shape,
        "datatype": "FP64",
        "data": [reading for unit in readings for reading in unit],
    }
    return json.dumps({"inputs": [tensor]}).encode()
