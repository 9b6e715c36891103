import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from secom_core import signing
from secom_core.errors import BundleError, ConfigError
from tests.programs import program

MODEL = b"a model"
MANIFEST = json.dumps({"files": {"model.onnx": hashlib.sha256(MODEL).hexdigest()}}).encode()


def write_pair(folder, key, name):
    """Write a private key and its public half; return both paths."""
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


@pytest.fixture
def keys(tmp_path):
    """Our private and public key."""
    return write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), "ours")


@pytest.fixture
def folder(tmp_path):
    """A folder as far as signing looks at it."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(MANIFEST)
    (folder / "model.onnx").write_bytes(MODEL)
    return folder


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_signed_bundle_verifies(folder, tmp_path, curve):
    """What the private key signed, the public key accepts, and no other file is touched."""
    private, public = write_pair(tmp_path, ec.generate_private_key(curve), "ours")

    signing.sign(folder, private)

    signing.verify(folder, public)
    assert (folder / "manifest.json").read_bytes() == MANIFEST
    assert {path.name for path in folder.iterdir()} == {
        *("manifest.json", "manifest.sig", "model.onnx")
    }


def test_signature_moves_with_the_bundle(folder, keys, tmp_path):
    """A signature holds wherever the bundle is copied, with whatever lies beside it."""
    private, public = keys
    signing.sign(folder, private)

    moved = folder.rename(tmp_path / "fetched")
    (moved / "lineage.json").write_text("{}")

    signing.verify(moved, public)


def test_bundle_can_be_signed_again(folder, keys, tmp_path):
    """A new key's signature replaces the old one's."""
    private, public = write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), "next")
    signing.sign(folder, keys[0])
    signing.sign(folder, private)

    signing.verify(folder, public)
    with pytest.raises(BundleError):
        signing.verify(folder, keys[1])


def test_openssl_keys_work(folder, tmp_path):
    """The commands that the error message recommends make keys that work."""
    program("openssl")
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    with pytest.raises(ConfigError) as refusal:
        signing.sign(folder, private)
    commands = str(refusal.value).partition("Make a pair: ")[2].rstrip(".")

    subprocess.run(["sh", "-c", commands], cwd=tmp_path, check=True, capture_output=True)

    signing.sign(folder, private)
    signing.verify(folder, public)


def test_other_tools_verify_it(folder, keys):
    """The signature is one that model-signing's own command accepts."""
    private, public = keys
    signing.sign(folder, private)

    command = [Path(sys.executable).with_name("model_signing"), "verify", "key"]
    command += ["--signature", folder / "manifest.sig", "--public_key", public]
    checked = subprocess.run([*command, folder / "manifest.json"], check=False, capture_output=True)

    assert checked.returncode == 0, checked.stderr


def test_unsigned_bundle_is_refused(folder, keys):
    """Without a signature a bundle is not accepted, and the message says how to get one."""
    with pytest.raises(BundleError, match=r"no manifest\.sig.*SECOM_SIGN_KEY.*SECOM_VERIFY_KEY"):
        signing.verify(folder, keys[1])


def test_another_key_is_refused(folder, keys, tmp_path):
    """Somebody else's signature is none."""
    other, _ = write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), "theirs")
    signing.sign(folder, other)

    with pytest.raises(BundleError, match="is not the signature of this bundle"):
        signing.verify(folder, keys[1])


def test_altered_manifest_is_refused(folder, keys):
    """One changed byte of the manifest voids the signature."""
    private, public = keys
    signing.sign(folder, private)
    (folder / "manifest.json").write_bytes(MANIFEST + b"\n")

    with pytest.raises(BundleError, match="the manifest was changed"):
        signing.verify(folder, public)


def test_signature_of_another_bundle_is_refused(folder, keys, tmp_path):
    """Our own signature of one bundle does not vouch for another."""
    private, public = keys
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").write_bytes(b"{}")
    signing.sign(other, private)
    (other / "manifest.sig").rename(folder / "manifest.sig")

    with pytest.raises(BundleError):
        signing.verify(folder, public)


def tampered(folder, change):
    """Change the parsed signature in place."""
    signature = json.loads((folder / "manifest.sig").read_text())
    change(signature)
    (folder / "manifest.sig").write_text(json.dumps(signature))


@pytest.mark.parametrize(
    "change",
    [
        lambda signature: signature["dsseEnvelope"].update(payload="e30="),
        lambda signature: signature["dsseEnvelope"]["signatures"][0].update(sig="AAAA"),
        lambda signature: signature["dsseEnvelope"].update(signatures=[]),
        lambda signature: signature.pop("dsseEnvelope"),
        lambda signature: signature.pop("verificationMaterial"),
        lambda signature: signature.clear(),
    ],
)
def test_tampered_signature_is_refused(folder, keys, change):
    """Whatever is changed or taken away in a signature, it is refused and not stumbled over."""
    private, public = keys
    signing.sign(folder, private)
    tampered(folder, change)

    with pytest.raises(BundleError):
        signing.verify(folder, public)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_garbage_is_no_signature(folder, keys, content):
    """Bytes that are no signature at all are refused."""
    (folder / "manifest.sig").write_bytes(content)

    with pytest.raises(BundleError):
        signing.verify(folder, keys[1])


@pytest.fixture(params=["missing", "text", "rsa", "koblitz", "password"])
def bad_keys(request, tmp_path):
    """Paths of keys that cannot be used."""
    if request.param == "missing":
        return tmp_path / "no.pem", tmp_path / "no.pub"
    if request.param == "text":
        (tmp_path / "text").write_text("hush")
        return tmp_path / "text", tmp_path / "text"
    if request.param == "rsa":
        return write_pair(tmp_path, rsa.generate_private_key(65537, 2048), "rsa")
    if request.param == "koblitz":
        return write_pair(tmp_path, ec.generate_private_key(ec.SECP256K1()), "koblitz")
    locked = tmp_path / "locked"
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    locked.write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"x")))
    return locked, locked


def test_unusable_keys_are_named(folder, bad_keys):
    """A key that is missing, of another kind or locked is named, with how to make one."""
    private, public = bad_keys

    with pytest.raises(ConfigError, match="not a private elliptic-curve key") as refusal:
        signing.sign(folder, private)
    assert str(private) in str(refusal.value)
    assert not (folder / "manifest.sig").exists()

    (folder / "manifest.sig").write_text("{}")
    with pytest.raises(ConfigError, match=r"not a public .* Make a pair: openssl"):
        signing.verify(folder, public)


def test_signing_costs_nothing_until_it_is_used():
    """Who neither signs nor verifies does not import what takes a second."""
    code = "import sys; from secom_core import signing; print('model_signing' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

    assert said.stdout == b"False\n"
