import pytest

from secom_core.errors import ConfigError
from secom_core.store import Settings

ENVIRON = {
    "AWS_ENDPOINT_URL": "https://store.example:9000/",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "an-access-key",
    "AWS_SECRET_ACCESS_KEY": "a-secret-key",
    "SECOM_BUCKET": "fab-7",
}


def test_environment_is_read():
    """The variables that every S3 client knows, and the bucket's, make the settings."""
    settings = Settings.from_environment(ENVIRON)

    assert settings.endpoint == "https://store.example:9000"
    assert (settings.host, settings.is_secure) == ("store.example:9000", True)
    assert (settings.region, settings.bucket) == ("eu-central-1", "fab-7")


def test_region_and_bucket_have_defaults():
    """Region and bucket need not be set, and an empty value is none."""
    environ = ENVIRON | {"AWS_REGION": "", "SECOM_BUCKET": ""}

    settings = Settings.from_environment(environ)

    assert (settings.region, settings.bucket) == ("us-east-1", "secom")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
@pytest.mark.parametrize("value", [None, ""])
def test_missing_variable_is_named(name, value):
    """A variable that is missing or empty is named, and the others are not."""
    environ = {key: text for key, text in ENVIRON.items() if key != name}
    environ |= {} if value is None else {name: value}

    with pytest.raises(ConfigError) as refusal:
        Settings.from_environment(environ)

    assert name in str(refusal.value)
    assert not any(other in str(refusal.value) for other in set(ENVIRON) - {name})


@pytest.mark.parametrize(
    "endpoint", ["store.example", "s3://secom", "ftp://store.example", "https://", "http://a/b"]
)
def test_malformed_endpoint_is_shown(endpoint):
    """An endpoint that is no plain address is refused with what was given."""
    with pytest.raises(ConfigError, match=r"AWS_ENDPOINT_URL must be http:// or https://") as error:
        Settings.from_environment(ENVIRON | {"AWS_ENDPOINT_URL": endpoint})

    assert endpoint.rstrip("/") in str(error.value)


def test_credentials_in_the_endpoint_are_not_shown():
    """Credentials that somebody put into the address do not get into the message."""
    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID") as refusal:
        Settings.from_environment(ENVIRON | {"AWS_ENDPOINT_URL": "http://me:hush@store.example"})

    assert "hush" not in str(refusal.value)


def test_credentials_are_not_in_the_representation():
    """What a log shows of the settings holds neither key."""
    shown = repr(Settings.from_environment(ENVIRON))

    assert "an-access-key" not in shown
    assert "a-secret-key" not in shown


def test_malformed_bucket_is_shown():
    """A bucket that no store would accept is refused before anything is asked."""
    with pytest.raises(ConfigError, match=r"SECOM_BUCKET.*'Fab_7'"):
        Settings.from_environment(ENVIRON | {"SECOM_BUCKET": "Fab_7"})


def test_missing_certificates_are_named(tmp_path):
    """A file of authorities that is not there is refused at once."""
    missing = tmp_path / "ca.pem"

    with pytest.raises(ConfigError, match=r"AWS_CA_BUNDLE.*ca\.pem"):
        Settings.from_environment(ENVIRON | {"AWS_CA_BUNDLE": str(missing)})


def test_given_certificates_are_used(tmp_path):
    """A file of authorities that is there is taken."""
    authorities = tmp_path / "ca.pem"
    authorities.touch()

    settings = Settings.from_environment(ENVIRON | {"AWS_CA_BUNDLE": str(authorities)})

    assert settings.ca_bundle == authorities
