from dataclasses import replace
from datetime import UTC, datetime

import pytest

from components.rollout import asking
from pipelines.loopback_certificate import write_certificate
from secom_core.errors import RolloutError
from tests.serving.running import running

TOKEN = "0123456789abcdef"


@pytest.fixture(scope="module")
def guarded(pair, tmp_path_factory):
    """A server that speaks TLS to whoever has the token, and its authority."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "tls.crt", folder / "tls.key"
    write_certificate(certificate, key, address="127.0.0.1", now=datetime.now(UTC))
    with running(pair[0].path, tls_cert=certificate, tls_key=key, token=TOKEN) as started:
        yield started, certificate


def pod_of(server, *, scheme):
    """The pod that a server would be in."""
    probe = {"httpGet": {"path": "/v2/health/ready", "port": "http", "scheme": scheme}}
    container = {
        "name": "kserve-container",
        "readinessProbe": probe,
        "ports": [{"containerPort": server.http_port}, {"containerPort": server.grpc_port}],
    }
    sidecar = {"name": "agent", "ports": [{"containerPort": 1}]}
    return {"spec": {"containers": [sidecar, container]}, "status": {"podIP": "127.0.0.1"}}


def test_server_that_answers_as_it_must_passes(pair, servers):
    """The right digest, and golden answers within 1e-9."""
    asking.server_at(servers[0].http, {}).check(pair[0].digest, pair[0].golden)


def test_server_of_another_bundle_is_told_from_the_right_one(pair, servers):
    """A pod that fetched something else, or was not replaced."""
    with pytest.raises(RolloutError, match=f"expected the bundle {pair[0].digest}"):
        asking.server_at(servers[1].http, {}).check(pair[0].digest, pair[0].golden)


def test_wrong_risks_are_found(pair, servers):
    """One in a million is a thousand times too much."""
    golden = replace(pair[0].golden, risk=pair[0].golden.risk + 1e-6)

    with pytest.raises(RolloutError, match=r"risks differ by 1e-06.*decisions agree"):
        asking.server_at(servers[0].http, {}).check(pair[0].digest, golden)


def test_wrong_decisions_are_found(pair, servers):
    """Also where the risks agree."""
    golden = replace(pair[0].golden, flagged=~pair[0].golden.flagged)

    with pytest.raises(RolloutError, match="decisions differ"):
        asking.server_at(servers[0].http, {}).check(pair[0].digest, golden)


def test_golden_requests_that_nobody_knows_are_not_asked(pair, servers):
    """A bundle that cannot be read any more is known by its digest alone."""
    asking.server_at(servers[0].http, {}).check(pair[0].digest, None)


def test_silence_is_told():
    """Nobody listens there."""
    with pytest.raises(RolloutError, match="gives no answer"):
        asking.server_at("http://127.0.0.1:9", {}).check("a" * 64, None)


def test_pod_is_asked_at_its_first_port(pair, servers):
    """That of the server, not of what runs beside it."""
    asking.server_of(pod_of(servers[0], scheme="HTTP"), {}).check(pair[0].digest, pair[0].golden)


def test_pod_with_tls_and_a_token_is_asked_with_both(pair, guarded):
    """Its probe says that it speaks TLS; nobody's certificate names a pod's address."""
    server = asking.server_of(pod_of(guarded[0], scheme="HTTPS"), {"SECOM_TOKEN": TOKEN})

    server.check(pair[0].digest, pair[0].golden)
    assert TOKEN not in repr(server)


def test_stranger_is_turned_away(pair, guarded):
    """Without the token, the message says what the server said."""
    with pytest.raises(RolloutError, match="401"):
        asking.server_of(pod_of(guarded[0], scheme="HTTPS"), {}).check(pair[0].digest, None)


def test_service_must_prove_who_it_is(pair, guarded):
    """To the site's own authority if it has one, and never by default to anybody."""
    server, authority = guarded
    environ = {"SECOM_TOKEN": TOKEN, "AWS_CA_BUNDLE": str(authority)}

    asking.server_at(server.http, environ).check(pair[0].digest, pair[0].golden)
    with pytest.raises(RolloutError, match="certificate verify failed"):
        asking.server_at(server.http, {"SECOM_TOKEN": TOKEN}).check(pair[0].digest, None)
