import pytest

from secom_core.errors import ConfigError
from serving.monitor.tokens import Tokens

GOOD = {"SECOM_MONITOR_TOKEN": "m" * 16, "SECOM_ALERTS_TOKEN": "a" * 32}


def test_each_token_opens_with_its_own_value():
    """The scheme may be written in any case; the token may not."""
    tokens = Tokens.from_environment(GOOD)

    assert tokens.monitor.opens([b"Bearer " + b"m" * 16])
    assert tokens.alerts.opens([b"bearer " + b"a" * 32])


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [b"Bearer"],
        [b"Bearer "],
        [b"Basic " + b"m" * 16],
        [b"Bearer " + b"m" * 15],
        [b"Bearer " + b"m" * 17],
        [b"Bearer " + b"a" * 32],
        [b"Bearer \xff" + b"m" * 16],
        [b"Bearer " + b"m" * 16] * 2,
    ],
)
def test_nothing_else_opens(sent):
    """Nor does the right token when it is sent twice."""
    assert not Tokens.from_environment(GOOD).monitor.opens(sent)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, "", "short", "with a space in it", "with-a-line-end\n"])
def test_a_token_that_is_none_is_refused(name, value):
    """The message names the variable and never the value."""
    environ = {**GOOD, name: value} if value is not None else GOOD.keys() - {name}
    environ = environ if isinstance(environ, dict) else {each: GOOD[each] for each in environ}

    with pytest.raises(ConfigError, match=name) as refused:
        Tokens.from_environment(environ)

    assert not value or value not in str(refused.value)


def test_one_token_for_both_is_refused():
    """Whoever sends alerts must not be able to send outcomes."""
    with pytest.raises(ConfigError, match="must differ"):
        Tokens.from_environment(dict.fromkeys(GOOD, "m" * 16))


def test_tokens_are_not_shown():
    """Logs and tracebacks may hold the object."""
    assert "mmmm" not in repr(Tokens.from_environment(GOOD))
