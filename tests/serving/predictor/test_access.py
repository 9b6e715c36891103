"""A token keeps strangers from asking about units, and from nothing that probes need."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import grpc
import httpx
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secom_core.bundle import Bundle
from secom_core.errors import ConfigError
from serving import metrics
from serving.bearer import Token
from serving.predictor import routes
from serving.predictor.access import token_from
from serving.predictor.framework import pb
from tests.serving.predictor.test_counts import asked
from tests.serving.running import Guarded, body_of, running

UNIT = body_of(np.zeros((1, 590)))
SERVICE = "/inference.GRPCInferenceService"
BOUNDED = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def stranger(guarded: Guarded) -> Iterator[httpx.Client]:
    """A client that trusts the server and sends no token."""
    with httpx.Client(base_url=guarded.server.http, verify=guarded.context, timeout=30) as opened:
        yield opened


@pytest.fixture(scope="module")
def channel(guarded: Guarded) -> Iterator[grpc.Channel]:
    """A gRPC channel that trusts the server."""
    with guarded.channel() as opened:
        yield opened


def call(
    channel: grpc.Channel, method: str, sent: Sequence[tuple[str, str]] = (), content: bytes = b""
) -> tuple[grpc.StatusCode, str]:
    """Call a method; return the code and what is said."""
    try:
        channel.unary_unary(f"{SERVICE}/{method}")(content, metadata=sent, timeout=30)
    except grpc.RpcError as refused:
        return refused.code(), refused.details()
    return grpc.StatusCode.OK, ""


# The guarded server's token is 0123456789abcdef.
WRONG = {
    "nothing": [],
    "no scheme": ["0123456789abcdef"],
    "no token": ["Bearer"],
    "another scheme": ["Basic 0123456789abcdef"],
    "another token": ["Bearer 0123456789abcdee"],
    "a beginning": ["Bearer 0123456789abcde"],
    "more than it": ["Bearer 0123456789abcdef0"],
    "another case": ["Bearer 0123456789ABCDEF"],
    "twice in one": ["Bearer 0123456789abcdef 0123456789abcdef"],
    "a list": ["Bearer 0123456789abcdef, Bearer 0123456789abcdef"],
    "right and wrong": ["Bearer 0123456789abcdef", "Bearer 0123456789abcdee"],
    "another alphabet": ["Bearer ０１２３４５６７８９ａｂｃｄｅｆ"],
}


@pytest.mark.parametrize("sent", WRONG.values(), ids=WRONG)
def test_without_the_token_rest_answers_nobody(stranger: httpx.Client, sent: list[str]):
    """401 with the scheme and nothing else to go by, the same whatever was sent."""
    headers = [("authorization", value.encode()) for value in sent]

    answer = stranger.post("/v2/models/secom/infer", json=UNIT, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="secom"'
    assert answer.json() == {"error": "a valid bearer token is needed."}


@pytest.mark.parametrize("sent", WRONG.values(), ids=WRONG)
def test_without_the_token_grpc_answers_nobody(channel: grpc.Channel, sent: list[str]):
    """UNAUTHENTICATED, the same whatever was sent."""
    values = [("authorization", value) for value in sent if value.isascii()]

    for method in ("ModelInfer", "ModelMetadata", "ServerMetadata", "RepositoryModelLoad", "Spy"):
        assert call(channel, method, values) == (
            grpc.StatusCode.UNAUTHENTICATED,
            "a valid bearer token is needed.",
        )


@pytest.mark.parametrize(
    "path",
    ["/v2", "/v2/models/secom", "/v2/models/other", "/v1/models", "/docs", "/openapi.json", "/x"],
)
def test_without_the_token_nobody_learns_what_there_is(stranger: httpx.Client, path: str):
    """Metadata, documentation and even what is missing: 401."""
    assert stranger.get(path).status_code == 401
    assert stranger.get(path, params={"token": "0123456789abcdef"}).status_code == 401


def test_probes_and_prometheus_need_no_token(stranger: httpx.Client, channel: grpc.Channel):
    """Liveness, readiness and metrics are open over REST, health over gRPC."""
    for path in routes.OPEN:
        assert stranger.get(path).status_code == 200, path
    for method in ("ServerLive", "ServerReady"):
        assert call(channel, method) == (grpc.StatusCode.OK, "")
    model = pb.ModelReadyRequest(name="secom").SerializeToString()
    assert call(channel, "ModelReady", content=model) == (grpc.StatusCode.OK, "")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_rest_and_grpc_answer(
    stranger: httpx.Client, channel: grpc.Channel, served: Bundle, scheme: str
):
    """The scheme's case is free, as HTTP has it."""
    sent = {"authorization": f"{scheme} 0123456789abcdef"}

    answer = stranger.post("/v2/models/secom/infer", json=UNIT, headers=sent)

    assert answer.json()["model_version"] == served.digest
    assert stranger.get("/v2/models/secom", headers=sent).status_code == 200
    assert call(channel, "ServerMetadata", list(sent.items())) == (grpc.StatusCode.OK, "")


def test_curl_asks_as_the_readme_says(guarded: Guarded, tmp_path: Path):
    """The token comes from a file: on the command line, the machine's other users would see it."""
    (tmp_path / "request.json").write_text(json.dumps(UNIT))
    (tmp_path / "header").write_text(f"authorization: Bearer {guarded.token}")
    command = ["curl", "-s", "--cacert", str(guarded.authority), "-H", "@header"]

    answer = subprocess.run(
        [*command, guarded.server.infer, "--json", "@request.json"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )

    assert json.loads(answer.stdout)["model_name"] == "secom"


def test_a_refusal_carries_the_request_id_and_is_counted(guarded: Guarded, stranger: httpx.Client):
    """A client finds its request again, and the operator sees strangers in the metrics."""
    rest, rpc = (
        f"{metrics.REQUESTS}[('code', '{code}'), ('protocol', '{protocol}')]"
        for protocol, code in (("rest", 401), ("grpc", "UNAUTHENTICATED"))
    )
    with guarded.channel() as channel:
        call(channel, "ModelInfer")
        answer = stranger.get("/v2", headers={"x-request-id": "seven"})
        before = asked(guarded.server, verify=guarded.context)
        call(channel, "ModelInfer")
        stranger.get("/v2")
    after = asked(guarded.server, verify=guarded.context)

    assert answer.headers["x-request-id"] == "seven"
    assert after[rest] == before[rest] + 1
    assert after[rpc] == before[rpc] + 1


def test_a_strangers_message_takes_no_memory(guarded: Guarded, channel: grpc.Channel):
    """A call without the token is refused before its message is read."""
    process = psutil.Process(guarded.server.process.pid)
    call(channel, "ModelInfer")
    before = process.memory_info().rss

    for _ in range(3):
        code, _ = call(channel, "ModelInfer", content=bytes(48 * 2**20))
        assert code is grpc.StatusCode.UNAUTHENTICATED

    assert process.memory_info().rss < before + 24 * 2**20


def test_the_token_is_never_logged(bundle_folder: Path):
    """Not even in debug, and not when it comes with something that is wrong."""
    token = "fedcba9876543210"
    with running(bundle_folder, token=token, log_level="debug") as server:
        sent = {"authorization": f"Bearer {token}"}
        statuses = [
            server.post(UNIT, headers=sent).status_code,
            server.post(b"{", headers=sent).status_code,
            server.post(UNIT, headers={"authorization": f"Basic {token}"}).status_code,
        ]
        with grpc.insecure_channel(server.grpc) as channel:
            call(channel, "ModelInfer", [("authorization", f"Token {token}")])
            call(channel, "ModelInfer", list(sent.items()))
        status, log = server.stop()

    assert status == 0
    assert statuses == [200, 400, 401]
    lines = [line for line in log if line["message"] == "answered"]
    assert [line["code"] for line in lines] == [
        200,
        400,
        401,
        "UNAUTHENTICATED",
        "NOT_FOUND",
    ]
    assert token not in json.dumps(log)


@pytest.mark.parametrize(
    "value",
    ["", "short", "fifteen-letters", "sixteen letters!", "0123456789abcdef\n", "schlüssel" * 4],
)
def test_a_token_that_protects_nothing_is_refused(value: str):
    """Empty, guessable, or such that no header can carry it; the message does not repeat it."""
    with pytest.raises(ConfigError, match=f"SECOM_TOKEN must be 16 .* got {len(value)}") as refused:
        token_from({"SECOM_TOKEN": value})

    assert not value or value.strip() not in str(refused.value)


def test_no_token_lets_everybody_ask():
    """Whoever sets none gets a server without a gate."""
    assert token_from({}) is None


def test_a_token_does_not_show_itself():
    """Neither in a traceback nor in a debugger's line."""
    assert "0123456789abcdef" not in repr(token_from({"SECOM_TOKEN": "0123456789abcdef"}))


near = st.one_of(
    st.just(b"Bearer 0123456789abcdef"),
    st.binary(max_size=40),
    st.lists(
        st.sampled_from([b"Bearer", b"bEARER", b" ", b"\t", b"0123456789abcdef", b",", b"\xff"]),
        max_size=5,
    ).map(b"".join),
)


@BOUNDED
@given(sent=st.lists(near, max_size=2))
def test_only_the_token_opens(sent: list[bytes]):
    """As a regular expression, slower and with other clocks to read, has it."""
    token = Token(b"0123456789abcdef")

    expected = len(sent) == 1 and re.fullmatch(rb"(?i:bearer) \s*0123456789abcdef\s*", sent[0])

    assert token.opens(sent) == bool(expected)


@BOUNDED
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    path=st.lists(
        st.sampled_from(["v2", "models", "secom", "infer", "ready", "health", "live", "metrics"])
        | st.sampled_from(["", "..", ".", "%2e%2e", "%2F", ";", "?", "%00", "docs"]),
        max_size=6,
    ).map("/".join),
    sent=st.one_of(st.none(), near),
)
def test_no_path_leads_around_the_gate(
    stranger: httpx.Client, method: str, path: str, sent: bytes | None
):
    """A stranger gets 401 but for what is open, however a path is written."""
    wrong = sent is not None and not Token(b"0123456789abcdef").opens([sent])
    printable = sent is not None and all(32 <= byte < 127 for byte in sent)
    headers = {"authorization": sent.strip()} if wrong and printable else {}

    # As an address httpx would tidy the path up.
    target = {"target": f"/{path}".encode()}
    answer = stranger.request(method, "/", headers=headers, extensions=target)

    reached = f"/{path}".partition("?")[0] in routes.OPEN
    assert answer.status_code == 401 or (reached and answer.status_code in {200, 405})
