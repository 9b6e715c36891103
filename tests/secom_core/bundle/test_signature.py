import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from secom_core import bundle, signing
from secom_core.errors import BundleError


@pytest.fixture
def keys(tmp_path):
    """A private key, and the public one that verifies what it signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    public.write_bytes(
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def test_signed_bundle_is_read(folder, keys):
    """With a key the bundle that it signed is read, under the name that it had before."""
    private, public = keys
    before = bundle.read(folder).digest
    signing.sign(folder, private)

    assert bundle.read(folder, verify_key=public).digest == before


def test_unsigned_bundle_is_not_read_where_a_signature_is_wanted(folder, keys):
    """Whoever asks for a signature gets nothing without."""
    with pytest.raises(BundleError, match="sign"):
        bundle.read(folder, verify_key=keys[1])


def test_signature_does_not_carry_over_to_other_content(folder, reseal, keys):
    """A bundle that was changed and sealed again no longer has the signature's word."""
    private, public = keys
    signing.sign(folder, private)
    reseal("card.md", b"# Better than it is\n")

    with pytest.raises(BundleError, match="sign"):
        bundle.read(folder, verify_key=public)
