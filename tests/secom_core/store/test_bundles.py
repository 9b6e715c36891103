import hashlib

import pytest

from secom_core.errors import BundleError, ObjectNotFoundError, StoreError
from secom_core.store import Store, bundle_prefix, fetch_bundle, publish_bundle

FILES = {
    "card.md": b"# Card\n",
    "lineage.json": b"{}\n",
    "manifest.json": b'{"files": {}}\n',
    "model.onnx": bytes(range(256)),
}
DIGEST = hashlib.sha256(FILES["manifest.json"]).hexdigest()


class DyingStore(Store):
    """A store whose user is killed after so many objects."""

    __slots__ = ("remaining",)

    def dying_after(self, n_objects):
        """Set how many objects go through."""
        self.remaining = n_objects
        return self

    def _live(self):
        if not self.remaining:
            raise KeyboardInterrupt
        self.remaining -= 1

    def put(self, key, data):
        """Write, if alive."""
        self._live()
        super().put(key, data)

    def get(self, key):
        """Read, if alive."""
        self._live()
        return super().get(key)


@pytest.fixture
def folder(tmp_path):
    """A folder as `secom_core.bundle.write` leaves it, as far as the store looks at it."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


def contents(folder):
    """Return what a folder holds."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_bundle_comes_back_as_it_was_published(store, folder, tmp_path):
    """Every file comes back unchanged, companions too, and nothing else."""
    publish_bundle(store, folder, DIGEST)

    fetched = fetch_bundle(store, DIGEST, tmp_path / "somewhere" / "else")

    assert contents(fetched) == FILES
    assert store.list("") == tuple(f"bundles/{DIGEST}/{name}" for name in sorted(FILES))


@pytest.mark.parametrize("n_objects", range(len(FILES)))
def test_interrupted_publication_leaves_no_bundle(
    store, store_environ, folder, tmp_path, n_objects
):
    """Killed anywhere, publication leaves nothing that can be fetched; run again, it ends."""
    dying = DyingStore.from_environment(store_environ).dying_after(n_objects)
    with pytest.raises(KeyboardInterrupt):
        publish_bundle(dying, folder, DIGEST)
    assert len(store.list("")) == n_objects

    with pytest.raises(ObjectNotFoundError, match=f"no bundle at s3://secom/bundles/{DIGEST}/"):
        fetch_bundle(store, DIGEST, tmp_path / "fetched")

    publish_bundle(store, folder, DIGEST)
    assert contents(fetch_bundle(store, DIGEST, tmp_path / "fetched")) == FILES


@pytest.mark.parametrize("n_objects", range(len(FILES)))
def test_interrupted_fetch_leaves_no_bundle(store, store_environ, folder, tmp_path, n_objects):
    """Killed anywhere, fetching leaves no manifest; run again, it ends."""
    publish_bundle(store, folder, DIGEST)
    dying = DyingStore.from_environment(store_environ).dying_after(n_objects)

    with pytest.raises(KeyboardInterrupt):
        fetch_bundle(dying, DIGEST, tmp_path / "fetched")

    assert not (tmp_path / "fetched" / "manifest.json").exists()
    assert contents(fetch_bundle(store, DIGEST, tmp_path / "fetched")) == FILES


def test_publication_can_be_repeated(store, folder, tmp_path):
    """Published again with a signature, a bundle has it."""
    publish_bundle(store, folder, DIGEST)
    (folder / "manifest.sig").write_bytes(b"signed")

    publish_bundle(store, folder, DIGEST)

    fetched = fetch_bundle(store, DIGEST, tmp_path / "fetched")
    assert contents(fetched) == FILES | {"manifest.sig": b"signed"}


def test_bundle_is_not_published_under_a_foreign_name(store, folder):
    """A folder that changed after it was read is not published under the name it had."""
    (folder / "manifest.json").write_bytes(b"{}\n")

    with pytest.raises(BundleError, match=DIGEST):
        publish_bundle(store, folder, DIGEST)

    assert store.list("") == ()


def test_another_bundle_under_the_name_is_not_fetched(store, folder, tmp_path):
    """A complete bundle that somebody put under a champion's name is neither judged nor served."""
    publish_bundle(store, folder, DIGEST)
    store.put(f"{bundle_prefix(DIGEST)}manifest.json", b"{}\n")

    with pytest.raises(StoreError, match="under another's name"):
        fetch_bundle(store, DIGEST, tmp_path / "fetched")

    assert not (tmp_path / "fetched").exists()


@pytest.mark.parametrize("name", ["../../evil", "sub/evil", ".evil"])
def test_foreign_names_are_refused(store, folder, tmp_path, name):
    """Something that would be written outside the folder, or unseen, is not fetched."""
    publish_bundle(store, folder, DIGEST)
    smuggling = Smuggling(store, bundle_prefix(DIGEST) + name)

    with pytest.raises(StoreError, match="belongs to no bundle"):
        fetch_bundle(smuggling, DIGEST, tmp_path / "fetched")

    assert not (tmp_path / "fetched").exists()


class Smuggling:
    """A store that also lists what no honest one would."""

    def __init__(self, store, key):
        self.store, self.key = store, key
        self.get, self.address = store.get, store.address

    def list(self, prefix):
        """List one key more."""
        return (*self.store.list(prefix), self.key)


def test_fetching_replaces_what_was_there(store, folder, tmp_path):
    """A damaged copy is mended by fetching again, also where the folder must stay."""
    publish_bundle(store, folder, DIGEST)
    fetched = fetch_bundle(store, DIGEST, tmp_path)
    (fetched / "model.onnx").write_bytes(b"damaged")

    fetch_bundle(store, DIGEST, fetched)

    assert (fetched / "model.onnx").read_bytes() == FILES["model.onnx"]
