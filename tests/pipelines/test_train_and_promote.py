import json

import pytest
import yaml

from components.decorator import TRAIN_IMAGE
from pipelines import as_yaml, resources
from pipelines.environment import ONE_THREAD
from pipelines.train_and_promote import train_and_promote
from secom_core.evidence import FAMILIES, REFERENCE

CHECKED_IN = as_yaml.checked_in("train_and_promote")


@pytest.fixture(scope="module")
def compiled():
    """The pipeline's specification, and what it asks of the platform."""
    return list(yaml.safe_load_all(CHECKED_IN.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def spec(compiled):
    """The specification alone."""
    return compiled[0]


@pytest.fixture(scope="module")
def platform(compiled):
    """What each task is given, by the name of its executor."""
    return compiled[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def tasks(spec):
    """Every task of the graph with its name, however deep it lies."""
    dags = [spec["root"]["dag"], *(c["dag"] for c in spec["components"].values() if "dag" in c)]
    return [pair for dag in dags for pair in dag["tasks"].items()]


def test_checked_in_yaml_is_what_the_code_compiles_to(tmp_path):
    """`make compile` was run after the last change of the graph or a component."""
    as_yaml.write("train_and_promote", tmp_path / "fresh.yaml")

    fresh = (tmp_path / "fresh.yaml").read_text(encoding="utf-8")
    assert fresh == CHECKED_IN.read_text(encoding="utf-8"), "run `make compile`"


def test_yaml_is_small_enough_for_a_workflow_object():
    """What Argo makes of it must fit into etcd, which takes 1.5 MB; 100 KB leaves room."""
    assert CHECKED_IN.stat().st_size <= 100_000


def test_all_families_and_the_reference_are_trained(spec):
    """One loop trains whatever the domain names, the slowest first."""
    (loop,) = [task for _, task in tasks(spec) if "parameterIterator" in task]

    assert json.loads(loop["parameterIterator"]["items"]["raw"]) == [*FAMILIES, REFERENCE]


def test_every_parameter_is_described_and_has_a_default(spec):
    """Whoever launches a run in Kubeflow's UI finds a sentence and a value for each."""
    parameters = spec["root"]["inputDefinitions"]["parameters"]

    assert set(parameters) == set(train_and_promote.component_spec.inputs)
    assert [name for name, each in parameters.items() if not each.get("description")] == []
    assert [name for name, each in parameters.items() if "defaultValue" not in each] == []


def test_components_describe_every_port(spec):
    """Kubeflow's UI shows what goes into a stage and what comes out."""
    for name, component in spec["components"].items():
        if "executorLabel" not in component:
            continue
        for side in ("inputDefinitions", "outputDefinitions"):
            for ports in component.get(side, {}).values():
                undescribed = [
                    port
                    for port, each in ports.items()
                    if not each.get("description")
                    and each.get("parameterType") != "TASK_FINAL_STATUS"
                ]
                assert undescribed == [], name


def test_nothing_is_cached(spec):
    """A verdict from yesterday's cache would be about yesterday's champion."""
    cached = [
        name for name, task in tasks(spec) if task.get("cachingOptions", {}).get("enableCache")
    ]

    assert cached == []


def test_stages_run_on_the_training_image_and_install_nothing(spec):
    """A fab has no internet, and what is not in the image was not reviewed."""
    executors = spec["deploymentSpec"]["executors"].values()

    assert {each["container"]["image"] for each in executors} == {TRAIN_IMAGE}
    assert not TRAIN_IMAGE.endswith(":latest")
    assert "pip install" not in json.dumps(list(executors))


def test_stages_state_what_they_need_of_a_node(spec):
    """Without requests and limits one run could starve the predictor."""
    for executor in spec["deploymentSpec"]["executors"].values():
        needed = executor["container"]["resources"]
        assert {"resourceCpuRequest", "resourceCpuLimit"} <= needed.keys()
        assert {"resourceMemoryRequest", "resourceMemoryLimit"} <= needed.keys()


def test_stages_add_up_in_one_order_wherever_they_run(spec):
    """One thread a stage: the same data and seed give the same digest on a laptop and a cluster."""
    for executor in spec["deploymentSpec"]["executors"].values():
        given = {each["name"]: each["value"] for each in executor["container"]["env"]}
        assert given.items() >= ONE_THREAD.items()


def test_stages_get_addresses_and_credentials_by_reference(platform, spec):
    """No address and no secret is a parameter, where everybody could read it."""
    assert platform.keys() == spec["deploymentSpec"]["executors"].keys()
    for given in platform.values():
        (secret,) = (each for each in given["secretAsEnv"] if not each["optional"])
        (config_map,) = (each for each in given["configMapAsEnv"] if not each["optional"])
        assert secret["secretName"] == resources.SECRET
        assert {each["envVar"] for each in secret["keyToEnv"]} == set(resources.CREDENTIALS)
        assert config_map["configMapName"] == resources.CONFIG_MAP
        assert {each["envVar"] for each in config_map["keyToEnv"]} == set(resources.ADDRESSES)


def test_stages_trust_an_authority_of_the_site(platform):
    """Where there is a certificate it is mounted and named, and where there is none all start."""
    for given in platform.values():
        (authority,) = given["configMapAsVolume"]
        (named,) = (each for each in given["configMapAsEnv"] if each["optional"])
        assert authority["configMapName"] == resources.CA_CONFIG_MAP
        assert authority["mountPath"] == resources.CA_FOLDER
        assert authority["optional"]
        assert [each["envVar"] for each in named["keyToEnv"]] == ["AWS_CA_BUNDLE"]


def test_stages_are_given_the_token_of_a_predictor_that_asks_for_one(platform):
    """A roll-out is judged by what replicas answer, and they answer who has the token."""
    for given in platform.values():
        (secret,) = (each for each in given["secretAsEnv"] if each["optional"])
        assert secret["secretName"] == resources.TOKEN_SECRET
        assert [each["envVar"] for each in secret["keyToEnv"]] == [resources.TOKEN]


def test_stages_run_as_nobody_in_particular(platform):
    """A namespace that enforces `restricted` admits no root."""
    for given in platform.values():
        assert given["securityContext"] == {
            "runAsUser": "10001",
            "runAsGroup": "10001",
            "runAsNonRoot": True,
        }


def test_critical_path_is_at_most_five_stages(spec):
    """Each stage costs a cluster 13–20 s before its first line runs."""
    dag = spec["components"]["comp-exit-handler-1"]["dag"]["tasks"]

    def depth(name):
        return 1 + max((depth(before) for before in dag[name].get("dependentTasks", [])), default=0)

    assert max(map(depth, dag)) <= 5


def test_only_a_promotion_moves_the_champion(spec):
    """Promote stands inside the condition that the gate decided so."""
    (condition,) = [
        task["triggerPolicy"]["condition"]
        for _, task in tasks(spec)
        if task.get("triggerPolicy", {}).get("condition")
    ]
    inside = spec["components"]["comp-condition-4"]["dag"]["tasks"]

    assert "== 'promote'" in condition
    assert list(inside) == ["promote"]
