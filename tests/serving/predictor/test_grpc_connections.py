"""Connections over gRPC end by themselves, so that none is left when a replica goes."""

from __future__ import annotations

import time

import grpc
import psutil

from serving.predictor.grpc_server import CONNECTION_SECONDS
from tests.serving.running import Running

READY = "/inference.GRPCInferenceService/ServerReady"


def _ports(server: Running) -> set[int]:
    """Return the ports from which this process is connected to the server."""
    return {
        one.laddr.port
        for one in psutil.Process().connections("tcp")
        if one.raddr and one.raddr.port == server.grpc_port
    }


def test_a_connection_is_replaced_now_and_then_without_a_call_lost(server: Running):
    """A client that never lets go of its channel reaches another replica within seconds."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(server.grpc, options=options) as channel:
        ask = channel.unary_unary(READY)
        ask(b"", timeout=5)
        first, began = _ports(server), time.monotonic()
        while first & _ports(server):
            assert time.monotonic() - began < 1.5 * CONNECTION_SECONDS
            ask(b"", timeout=5)
        ask(b"", timeout=5)
        assert len(_ports(server)) == 1
