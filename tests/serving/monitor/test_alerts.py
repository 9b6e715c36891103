import pytest

from secom_core.errors import RequestError
from serving.monitor.alerts import read_delivery


def alert(status="firing", starts_at="2008-10-17T06:00:00Z", **labels):
    """One alert as Alertmanager has it."""
    return {
        "status": status,
        "labels": {"alertname": "RiskDrift", **labels},
        "annotations": {"summary": "Risks drift."},
        "startsAt": starts_at,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "0123456789abcdef",
    }


def delivery(*alerts, **fields):
    """One delivery."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="RiskDrift"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "monitor",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
        "alerts": list(alerts),
        **fields,
    }


def test_only_what_fires_and_asks_for_a_training_counts():
    """All alerts may be sent here; most ask for nothing."""
    found = read_delivery(
        delivery(
            alert(action="retrain"),
            alert(),
            alert(action="page"),
            alert("resolved", "2008-10-18T06:00:00Z", action="retrain"),
        )
    )

    assert found.keys == ('alert {}:{alertname="RiskDrift"} 2008-10-17T06:00:00Z',)
    assert found.reason == "RiskDrift"
    assert found.firing == ("RiskDrift",)
    assert found.is_firing


def test_a_repeated_delivery_has_the_same_keys_and_a_later_start_another():
    """Group and start are what Alertmanager keeps."""
    first, again = (read_delivery(delivery(alert(action="retrain"))) for _ in range(2))
    later = read_delivery(delivery(alert(starts_at="2008-10-19T06:00:00Z", action="retrain")))

    assert first.keys == again.keys
    assert first.keys != later.keys


def test_a_resolved_notice_asks_for_nothing():
    """It is said to be ignored."""
    found = read_delivery(delivery(alert("resolved", action="retrain"), status="resolved"))

    assert not found.keys
    assert not found.is_firing


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"version": "3", "groupKey": "g", "alerts": []},
        {"version": 4, "groupKey": "g", "alerts": []},
        {"version": "4", "alerts": []},
        {"version": "4", "groupKey": "", "alerts": []},
        {"version": "4", "groupKey": 1, "alerts": []},
        {"version": "4", "groupKey": "g"},
        {"version": "4", "groupKey": "g", "alerts": {}},
        {"version": "4", "groupKey": "g", "alerts": ["a"]},
        {"version": "4", "groupKey": "g", "alerts": [{}]},
        {"version": "4", "groupKey": "g", "alerts": [{"status": "firing"}]},
        {"version": "4", "groupKey": "g", "alerts": [{"status": "firing", "labels": []}]},
        {
            "version": "4",
            "groupKey": "g",
            "alerts": [{"status": "firing", "labels": {"action": "retrain"}}],
        },
    ],
)
def test_what_is_no_delivery_is_refused(fields):
    """Alertmanager counts that as failed, and somebody looks."""
    with pytest.raises(RequestError, match="must be"):
        read_delivery(fields)
