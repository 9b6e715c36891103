import pytest

from pipelines import as_yaml, cluster
from pipelines.upload import Schedule, put_schedule, put_version
from secom_core.errors import ConfigError, RunError

IMAGE = "registry.example.com/fab/secom-train:0.1.0"
NIGHTLY = Schedule(cron="0 0 4 * * *", arguments={"source": "s3://lake/secom", "seed": 7})


@pytest.fixture
def api(serve_api):
    """Kubeflow Pipelines, freshly installed."""
    return serve_api()


@pytest.fixture
def upload(api):
    """Upload the training pipeline as `secom upload` does, and put it on a schedule."""

    def run(schedule=None, *, image=IMAGE):
        with cluster.client(api.address) as client:
            version = put_version(client, "train_and_promote", image=image)
            put_schedule(client, version, schedule)
        return version

    return run


def test_pipeline_is_uploaded_with_its_image(api, upload):
    """Kubeflow holds one version, named by its digest, whose stages all run in the image."""
    uploaded = upload()

    (pipeline,), (version,) = api.pipelines, api.versions
    assert pipeline["display_name"] == uploaded.pipeline == "secom-train-and-promote"
    assert version["display_name"] == uploaded.digest
    executors = version["pipeline_spec"]["deploymentSpec"]["executors"].values()
    assert {each["container"]["image"] for each in executors} == {IMAGE}
    assert version["platform"]["platforms"].keys() == {"kubernetes"}
    assert uploaded.is_new


def test_same_content_is_not_uploaded_twice(api, upload):
    """A Job that runs again, as after each upgrade, changes nothing."""
    upload(NIGHTLY)
    before = list(api.changes)

    uploaded = upload(NIGHTLY)

    assert api.changes == before
    assert not uploaded.is_new


def test_other_image_is_another_version(api, upload):
    """After an upgrade the pipeline has a second version; the first stays for a rollback."""
    upload()

    upload(image="registry.example.com/fab/secom-train:0.2.0")

    (pipeline,) = api.pipelines
    first, second = api.versions
    assert first["pipeline_id"] == second["pipeline_id"] == pipeline["pipeline_id"]
    assert first["display_name"] != second["display_name"]


def test_interrupted_upload_is_finished(api, upload):
    """Killed between making the pipeline and its version, the next try adds the version."""
    upload()
    api.versions.clear()

    upload()

    assert len(api.pipelines) == len(api.versions) == 1


def test_schedule_runs_the_uploaded_version(api, upload):
    """The recurring run names version, time and parameters, and never overlaps itself."""
    uploaded = upload(NIGHTLY)

    (run,) = api.recurring_runs
    assert run["pipeline_version_reference"]["pipeline_version_id"] == uploaded.version_id
    assert run["trigger"]["cron_schedule"]["cron"] == NIGHTLY.cron
    assert run["runtime_config"]["parameters"] == NIGHTLY.arguments
    assert run["mode"] == "ENABLE"
    assert run["max_concurrency"] == 1
    assert run["no_catchup"] is True


@pytest.mark.parametrize(
    ("schedule", "image"),
    [
        (Schedule(cron="0 0 5 * * *", arguments=NIGHTLY.arguments), IMAGE),
        (Schedule(cron=NIGHTLY.cron, arguments={"source": "s3://lake/secom", "seed": 8}), IMAGE),
        (NIGHTLY, "registry.example.com/fab/secom-train:0.2.0"),
    ],
    ids=["time", "parameter", "version"],
)
def test_changed_schedule_replaces_the_old(api, upload, schedule, image):
    """Whatever differs, exactly one recurring run remains, and it is as asked."""
    upload(NIGHTLY)

    uploaded = upload(schedule, image=image)

    (run,) = api.recurring_runs
    assert run["pipeline_version_reference"]["pipeline_version_id"] == uploaded.version_id
    assert run["trigger"]["cron_schedule"]["cron"] == schedule.cron
    assert run["runtime_config"]["parameters"] == schedule.arguments


def test_paused_schedule_stays_paused(api, upload):
    """Who paused training, for a tool's qualification say, finds it paused after an upgrade."""
    upload(NIGHTLY)
    api.recurring_runs[0]["status"] = "DISABLED"

    upload(NIGHTLY, image="registry.example.com/fab/secom-train:0.2.0")

    (run,) = api.recurring_runs
    assert run["mode"] == "DISABLE"


def test_without_schedule_none_remains(api, upload):
    """A schedule that is no longer asked for is removed, and nobody else's is."""
    upload(NIGHTLY)
    api.recurring_runs.append({"recurring_run_id": "theirs", "display_name": "another"})

    upload(None)

    assert [run["recurring_run_id"] for run in api.recurring_runs] == ["theirs"]


def test_doubled_schedule_is_mended(api, upload):
    """Two uploads at one time may both make a recurring run; the next leaves one."""
    upload(NIGHTLY)
    api.recurring_runs.append(api.recurring_runs[0] | {"recurring_run_id": "twin"})

    upload(NIGHTLY)

    assert len(api.recurring_runs) == 1


@pytest.mark.parametrize("cron", ["0 4 * * *", "nightly", ""])
def test_schedule_needs_seconds(cron):
    """Five fields are refused: Kubeflow would read minutes as seconds and hours as minutes."""
    with pytest.raises(ConfigError, match="six fields, seconds first"):
        Schedule(cron=cron, arguments={})


@pytest.mark.parametrize(
    "image", ["secom-train", "secom-train:latest", "registry:5000/secom-train", "a:1\nb: 2", ""]
)
def test_image_must_be_fixed(api, upload, image):
    """Without a tag or digest a run would pull whatever lies there that day."""
    with pytest.raises(ConfigError, match="tag other than latest"):
        upload(image=image)

    assert api.changes == []


@pytest.mark.parametrize(
    "image",
    [
        "secom-train:dev",
        "registry:5000/secom-train:0.1.0",
        f"ghcr.io/fab/secom-train@sha256:{'0' * 64}",
        f"ghcr.io/fab/secom-train:0.1.0@sha256:{'0' * 64}",
    ],
)
def test_fixed_image_is_taken(tmp_path, image):
    """A tag, a digest or both; from a registry with a port, too."""
    path = tmp_path / "batch.yaml"

    as_yaml.write("batch_predict", path, image=image)

    assert f"image: {image}\n" in path.read_text(encoding="utf-8")


def _pipeline(api, version):
    (name,) = (
        each["display_name"]
        for each in api.pipelines
        if each["pipeline_id"] == version["pipeline_id"]
    )
    return name


def test_command_uploads_both_pipelines(api, typed):
    """`secom upload` says what it brought and when it will run."""
    line = f"secom upload --host {api.address} --image {IMAGE} --schedule '0 0 4 * * *' "
    line += "--data s3://lake/secom --inference-service secom --max-inspection-rate 0.1"

    ran = typed(line)

    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        *(
            f"{_pipeline(api, each)}  version {each['display_name']}  uploaded"
            for each in api.versions
        ),
        "schedule  0 0 4 * * *",
    ]
    assert len(api.versions) == 2
    (run,) = api.recurring_runs
    given = run["runtime_config"]["parameters"]
    assert given["source"] == "s3://lake/secom"
    assert given["inference_service"] == "secom"
    assert given["max_inspection_rate"] == 0.1


def test_foreign_parameter_is_refused_with_a_reason(upload):
    """What Kubeflow answers reaches the user."""
    with pytest.raises(RunError, match="refuses: 400"):
        upload(Schedule(cron=NIGHTLY.cron, arguments={"colour": "red"}))


def test_command_compiles_for_an_image(typed, shop):
    """`secom compile --image` writes a file whose stages run in that image, and in no other."""
    compiled = typed(f"secom compile --image {IMAGE} --output for-the-fab.yaml")

    assert compiled.code == 0, compiled.err
    text = (shop / "for-the-fab.yaml").read_text(encoding="utf-8")
    assert f"image: {IMAGE}\n" in text
    assert text.count("image: ") == text.count(f"image: {IMAGE}\n")
