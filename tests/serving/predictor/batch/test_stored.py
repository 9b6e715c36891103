"""Input and output in the object store."""

import pytest
from pyarrow import parquet

from secom_core.errors import ConflictError, SourceError
from secom_core.store import Store, bucket_opener
from serving.predictor import batch


@pytest.fixture
def predict_stored(served, store_environ):
    """Do a job with input and output in the store."""
    opener = bucket_opener(store_environ)

    def run(source, output):
        place = batch.open_place(output, opener)
        return batch.predict(served, source, place, open_bucket=opener, n_workers=2)

    return run


@pytest.fixture
def local(predict, named, lines, header, tmp_path):
    """A folder of input, and the results of a job on it."""
    (tmp_path / "in").mkdir()
    parquet.write_table(named, tmp_path / "in/a.parquet", row_group_size=100)
    text = "\n".join([header, *lines[:100], "bad", *lines[100:]])
    (tmp_path / "in/b.csv").write_text(text)
    predict(tmp_path / "in")
    return tmp_path


def put(store, folder, prefix):
    """Copy a folder into the store."""
    for path in folder.iterdir():
        store.put(prefix + path.name, path.read_bytes())


def results(names, read):
    """Every result but for the plan, which knows a file's version in another way."""
    return {name: read(name) for name in names if name not in ("job.json", ".lock")}


def test_store_and_disk_have_the_same_results(predict_stored, local, store):
    """Where input and output lie makes no difference, down to the byte."""
    put(store, local / "in", "line/in/")

    summary = predict_stored("s3://secom/line/in", "s3://secom/line/out")

    out = local / "out"
    on_disk = [str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()]
    stored = [key.removeprefix("line/out/") for key in store.list("line/out/")]
    assert (summary.n_scored, summary.n_rejects) == (1000, 1)
    assert results(stored, lambda name: store.get(f"line/out/{name}")) == results(
        on_disk, lambda name: (out / name).read_bytes()
    )


def test_one_object_can_be_scored(predict_stored, local, store):
    """A key is a file; its neighbours are none of it."""
    put(store, local / "in", "in/")

    summary = predict_stored("s3://secom/in/b.csv", "s3://secom/out/one")

    assert summary.files == ("b.csv",)
    assert summary.n_scored == 500


def test_job_in_the_store_is_continued(predict_stored, local, store):
    """A part that is damaged is made anew; the others are left as they are."""
    put(store, local / "in", "in/")
    predict_stored("s3://secom/in", "s3://secom/out")
    before = {found.key: found for found in store.find("out/parts/")}
    whole = store.get("out/parts/part-00001.parquet")
    store.put("out/parts/part-00001.parquet", whole[:50])

    predict_stored("s3://secom/in", "s3://secom/out")

    assert store.get("out/parts/part-00001.parquet") == whole
    assert {found.key: found for found in store.find("out/parts/")} == before


def test_object_is_fetched_in_large_pieces(predict_stored, local, store, monkeypatch):
    """A store answers some dozen times a second: few requests, each for much."""
    put(store, local / "in", "in/")
    asked = []
    fetch = Store.get_range
    monkeypatch.setattr(
        Store, "get_range", lambda self, *what: asked.append(what) or fetch(self, *what)
    )

    predict_stored("s3://secom/in/b.csv", "s3://secom/out/text")
    n_for_text = len(asked)
    predict_stored("s3://secom/in/a.parquet", "s3://secom/out/columns")

    assert n_for_text <= 8
    assert len(asked) - n_for_text <= 30


def test_empty_prefix_is_an_error(predict_stored):
    """A prefix under which nothing lies is a typing error somewhere."""
    with pytest.raises(SourceError, match=r"s3://secom/nowhere holds nothing to score"):
        predict_stored("s3://secom/nowhere", "s3://secom/out")


def test_object_replaced_meanwhile_is_noticed(served, store, store_environ, local):
    """A job reads one version of its input, or ends."""
    put(store, local / "in", "in/")
    opener = bucket_opener(store_environ)
    place = batch.open_place("s3://secom/out", opener)
    job = batch.open_job(served, "s3://secom/in/b.csv", place, open_bucket=opener)
    store.put("in/b.csv", b"something else")

    with pytest.raises(ConflictError, match=r"s3://secom/in/b\.csv"):
        batch.score_parts(job, job.unfinished(), n_workers=1)
