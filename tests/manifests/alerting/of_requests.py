"""Objectives, errors and saturation."""

from tests.manifests.alerting.case import Case, Fires, Silent, counting, predictor, still

_FAULTS = "The predictor fails requests faster than its objective allows"
_SLOW = "The predictor answers more slowly than its objective allows"


def _requests(
    good: str, bad: str, *, code: str = "500", protocol: str = "rest", pod: str = "a"
) -> dict[str, str]:
    name = "secom_requests_total"
    return {
        **predictor(name, good, protocol="rest", code="200", pod=pod),
        **predictor(name, bad, protocol=protocol, code=code, pod=pod),
    }


def _rejected(values: str, *, reason: str = "queue", pod: str = "a") -> dict[str, str]:
    return predictor("secom_requests_rejected_total", values, reason=reason, pod=pod)


def _answers(every: str, fast: str) -> dict[str, str]:
    whole, part = {"protocol": "grpc", "stage": "whole"}, {"protocol": "grpc", "stage": "decode"}
    return {
        **predictor("secom_stage_seconds_count", every, **whole),
        **predictor("secom_stage_seconds_bucket", fast, le="0.025", **whole),
        # Neighbours that a rule could take by mistake.
        **predictor("secom_stage_seconds_bucket", "0x5000", le="0.01", **whole),
        **predictor("secom_stage_seconds_bucket", every, le="0.05", **whole),
        **predictor("secom_stage_seconds_count", every, **part),
        **predictor("secom_stage_seconds_bucket", every, le="0.025", **part),
    }


# After six hours without a fault, 10 of 100 requests a minute fail: in minute 9, one hour's share
# is above 14.4 times 0.1 %.
_OUTAGE = _requests(counting((361, 100), (60, 90)), counting((361, 0), (60, 10)))

_ERRORS_FAST = Fires(
    alert="SecomErrorBudgetBurnsFast",
    given=_OUTAGE,
    at=372,
    severity="page",
    summary=_FAULTS,
    description=(
        "1.834% of requests meet a fault of the server or are turned away, over the last 1h or 6h; "
        "0.1% may, over 30 days. Their units are not judged. Dashboard Service: errors, saturation."
    ),
)
_ERRORS = Fires(
    # After a busy day without a fault, a tenth of the traffic comes, and 4 of 1,000 requests fail:
    # after 23 hours, so do 3 of the day's.
    alert="SecomErrorBudgetBurns",
    given=_requests(counting((289, 5000), (300, 498)), counting((289, 0), (300, 2))),
    at=570,
    severity="ticket",
    summary=_FAULTS,
    description=(
        "0.3285% of requests meet a fault of the server or are turned away, over the last 1d or "
        "3d; 0.1% may, over 30 days. Their units are not judged. Dashboard Service: errors, "
        "saturation."
    ),
    every="5m",
)
_LATENCY_FAST = Fires(
    # A third of the answers take more than 25 ms: an hour's share is above 14.4 % in minute 26.
    alert="SecomLatencyBudgetBurnsFast",
    given=_answers(counting((481, 90)), counting((361, 90), (120, 60))),
    at=389,
    severity="page",
    summary=_SLOW,
    description=(
        "15.82% of answers take more than 25 ms, over the last 1h or 6h; 1% may, over 30 days. "
        "Dashboard Service: latency by stage, saturation."
    ),
)
_LATENCY = Fires(
    alert="SecomLatencyBudgetBurns",
    given=_answers(counting((289, 5000), (300, 500)), counting((289, 5000), (300, 480))),
    at=570,
    severity="ticket",
    summary=_SLOW,
    description=(
        "3.296% of answers take more than 25 ms, over the last 1d or 3d; 1% may, over 30 days. "
        "Dashboard Service: latency by stage, saturation."
    ),
    every="5m",
)
_RATIO = Fires(
    # A client's token has run out: 6 of 60 requests a minute, of 30 minutes.
    alert="SecomErrorRatioHigh",
    given=_requests(counting((31, 60), (60, 54)), counting((31, 0), (60, 6)), code="401"),
    at=51,
    severity="ticket",
    summary="Many requests get an error for an answer",
    description=(
        "6.682% of the requests of the last 30 minutes got no result: most often a client sends "
        "what the contract does not allow, or no token. Those units are not judged. Dashboard "
        "Service: requests by code."
    ),
)
_REJECTED = Fires(
    alert="SecomRequestsRejected",
    given={
        **_requests(counting((11, 60), (60, 54)), counting((11, 0), (60, 6)), code="503"),
        **_rejected(counting((11, 0), (60, 6))),
    },
    at=18,
    severity="ticket",
    summary="The predictor turns requests away because it is full",
    description=(
        "7.055% of the requests of the last 10 minutes were turned away; clients that do not "
        "repeat them lose their units. Dashboard Service: saturation, by what is full."
    ),
)
_QUEUE = Fires(
    alert="SecomQueueLong",
    given={
        **predictor("secom_queue_depth", "0x9 68x30"),
        **predictor("secom_queue_depth", "0x40", pod="b"),
    },
    at=19,
    severity="ticket",
    summary="Requests wait for the predictor",
    description=(
        "On one replica 68 requests waited on average over the last 5 minutes; above 128 they are "
        "turned away. Dashboard Service: saturation."
    ),
)

CASES: list[Case] = [
    _ERRORS_FAST,
    still(
        _ERRORS_FAST,
        why="six hours at a lower rate",
        # 1 of 100 fails: six hours' share is above 0.6 % after 3.6 of them.
        given=_requests(
            counting((361, 100), (300, 99)),
            counting((361, 0), (300, 1)),
            code="INTERNAL",
            protocol="grpc",
        ),
        at=579,
        description=_ERRORS_FAST.description.replace("1.834%", "0.6056%"),
    ),
    still(
        _ERRORS_FAST,
        why="requests turned away, over gRPC",
        given={
            **_requests(
                counting((361, 100), (60, 90)),
                counting((361, 0), (60, 10)),
                code="RESOURCE_EXHAUSTED",
                protocol="grpc",
            ),
            **_rejected(counting((361, 0), (60, 10))),
        },
    ),
    still(
        _ERRORS_FAST,
        why="the replica that failed has restarted",
        given={
            **_requests(counting((421, 50)), "0x420"),
            **_requests(
                counting((361, 50), (5, 40)) + " " + counting((55, 40)),
                counting((361, 0), (5, 10)) + " " + counting((55, 10)),
                pod="b",
            ),
        },
        at=373,
        description=_ERRORS_FAST.description.replace("1.834%", "1.85%"),
    ),
    Silent(
        alert="SecomErrorBudgetBurnsFast",
        why="it is over for five minutes",
        given=_requests(
            counting((361, 100), (20, 90), (60, 100)), counting((361, 0), (20, 10), (60, 0))
        ),
        at=387,
    ),
    Silent(
        alert="SecomErrorBudgetBurnsFast",
        why="it is over for half an hour",
        given=_requests(
            counting((361, 100), (60, 95), (60, 100)), counting((361, 0), (60, 5), (60, 0))
        ),
        at=361 + 60 + 31,
    ),
    Silent(
        alert="SecomErrorBudgetBurnsFast",
        why="9.6 of 60 failed in an hour",
        given=_requests(counting((61, 1), (60, 0.84)), counting((61, 0), (60, 0.16))),
        at=120,
    ),
    Silent(
        alert="SecomErrorBudgetBurnsFast",
        why="the mistakes are clients'",
        given={
            **_requests(counting((400, 90)), counting((400, 10)), code="400"),
            **_requests(
                counting((400, 90)),
                counting((400, 10)),
                code="RESOURCE_EXHAUSTED",
                protocol="grpc",
                pod="b",
            ),
        },
        at=390,
    ),
    Silent(
        alert="SecomErrorBudgetBurnsFast",
        why="each request that is turned away counts once",
        # 0.4 %: twice that would be 0.8 %.
        given={
            **_requests(counting((700, 996)), counting((700, 4)), code="503"),
            **_rejected(counting((700, 4))),
        },
        at=690,
    ),
    _ERRORS,
    still(
        _ERRORS,
        why="three days at the allowed rate and a half",
        # 0.15 % of the requests after a day without a fault: in two days it is 0.1 % of all.
        given=_requests(counting((289, 4000), (600, 3994)), counting((289, 0), (600, 6))),
        at=868,
        description=_ERRORS.description.replace("0.3285%", "0.1005%"),
    ),
    Silent(
        alert="SecomErrorBudgetBurns",
        why="it is over for six hours",
        given=_requests(
            counting((289, 5000), (36, 4000), (90, 5000)),
            counting((289, 0), (36, 1000), (90, 0)),
        ),
        at=289 + 36 + 6 * 12,
        every="5m",
    ),
    Silent(
        alert="SecomErrorBudgetBurns",
        why="9.5 of 280 failed in a day",
        given=_requests(counting((281, 0.966)), counting((281, 0.034))),
        at=280,
        every="5m",
    ),
    _LATENCY_FAST,
    still(
        _LATENCY_FAST,
        why="six hours at a lower rate",
        # A tenth is slow: six hours' share is above 6 % after 3.6 of them.
        given=_answers(counting((700, 90)), counting((361, 90), (339, 81))),
        at=579,
        description=_LATENCY_FAST.description.replace("15.82%", "6.072%"),
    ),
    Silent(
        alert="SecomLatencyBudgetBurnsFast",
        why="it is over for five minutes",
        given=_answers(counting((481, 90)), counting((361, 90), (40, 60), (80, 90))),
        at=407,
    ),
    Silent(
        alert="SecomLatencyBudgetBurnsFast",
        why="9.6 answers in an hour were slow",
        given=_answers(counting((121, 1)), counting((61, 1), (60, 0.84))),
        at=120,
    ),
    _LATENCY,
    still(
        _LATENCY,
        why="three days at the allowed rate and a half",
        given=_answers(counting((889, 1000)), counting((289, 1000), (600, 985))),
        at=868,
        description=_LATENCY.description.replace("3.296%", "1.006%"),
    ),
    Silent(
        alert="SecomLatencyBudgetBurns",
        why="9.5 answers in a day were slow",
        given=_answers(counting((281, 1)), counting((281, 0.966))),
        at=280,
        every="5m",
    ),
    _RATIO,
    still(
        _RATIO,
        why="21 of 60 in half an hour, on two replicas",
        given={
            **_requests(counting((61, 0.65)), counting((61, 0.35)), code="400"),
            **_requests(counting((61, 0.65)), counting((61, 0.35)), code="400", pod="b"),
        },
        at=34,
        description=_RATIO.description.replace("6.682%", "35%"),
    ),
    Silent(
        alert="SecomErrorRatioHigh",
        why="19 of 60 failed in half an hour",
        given=_requests(counting((61, 1.4)), counting((61, 0.63)), code="400"),
        at=60,
    ),
    Silent(
        alert="SecomErrorRatioHigh",
        why="it is one in twenty",
        given=_requests(counting((91, 95)), counting((91, 5)), code="INVALID_ARGUMENT"),
        at=90,
    ),
    _REJECTED,
    still(
        _REJECTED,
        why="10.4 of 990 in ten minutes, on two replicas",
        given={
            **_requests(counting((61, 98)), counting((61, 0.52)), code="503"),
            **_requests("0x60", counting((61, 0.52)), code="503", pod="b"),
            **_rejected(counting((61, 0.52))),
            **_rejected(counting((61, 0.52)), pod="b"),
        },
        at=15,
        description=_REJECTED.description.replace("7.055%", "1.05%"),
    ),
    Silent(
        alert="SecomRequestsRejected",
        why="9.5 of 60 in ten minutes",
        given={
            **_requests(counting((61, 5.05)), counting((61, 0.95)), code="503"),
            **_rejected(counting((61, 0.95))),
        },
        at=60,
    ),
    Silent(
        alert="SecomRequestsRejected",
        why="it is one in a hundred",
        given={
            **_requests(counting((61, 990)), counting((61, 10)), code="503"),
            **_rejected(counting((61, 10)), reason="memory"),
        },
        at=60,
    ),
    _QUEUE,
    Silent(
        alert="SecomQueueLong",
        why="it is half full",
        given=predictor("secom_queue_depth", "64x60"),
        at=59,
    ),
    Silent(
        alert="SecomQueueLong",
        why="the pod that was full is gone",
        given=predictor("secom_queue_depth", "128x9 _x30"),
        at=19,
    ),
]
