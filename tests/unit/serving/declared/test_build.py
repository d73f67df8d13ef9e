"""Archives of declared models: reproducible bytes, admitted, and checked before they are written."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from inference import golden
from inference.inputs.named import Tensor
from serving import version
from serving.archives import admission, record, seal
from serving.declared import build, folder, graph, packaging_lines, resolution, staleness
from serving.declared.errors import DeclarationError
from serving.declared.resolution import Resolved
from serving.gateway.routes import Route
from serving.openapi import document, interface, metadata
from serving.openapi.interface import Interface
from serving.paths import ROOT
from tests import declared
from tests.declared import COLUMNS, LABELS

VERSION = version.read()


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> Resolved:
    return resolution.resolve(folder.read(declared.folder(tmp_path_factory.mktemp("iris"))))


def test_an_archive_is_admitted_and_the_same_each_time(resolved: Resolved, tmp_path: Path) -> None:
    built = build.build(resolved, tmp_path / "iris.mar", VERSION)
    again = build.build(resolved, tmp_path / "again.mar", VERSION)
    assert built.sha256 == again.sha256 == record.sha256((tmp_path / "iris.mar").read_bytes())
    assert (admission.admit(tmp_path / "iris.mar").name, built.inputs) == (
        "iris",
        staleness.inputs(resolved.declared, VERSION, None),
    )
    with zipfile.ZipFile(tmp_path / "iris.mar") as file:
        names = set(file.namelist())
        assert {"model.onnx", "declaration.json", "golden.safetensors", "model/__init__.py"} < names
        shown = Interface.parse(file.read(interface.FILE))
        assert (shown.output.labels, shown.input.columns) == (LABELS, COLUMNS)
        assert not {name for name in names if name.endswith((".pt", ".pkl", ".safetensors"))} - {"golden.safetensors"}
    lines = list(packaging_lines.lines(resolved, built, "model_store/iris.mar"))
    assert lines[0].startswith("input    row FP32 [N, 4], columns sepal length, sepal width")
    assert lines[1] == "output   logits FP32 [N, 3], logits of setosa, versicolor, virginica"
    assert lines[-2] == f"{built.sha256}  model_store/iris.mar"
    assert '{"instances":[{"sepal length":' in lines[-1]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('tensor = "sum"\nnames = ["total"]', [Tensor("values", "FP32", (1,))]),
        ("", [Tensor("sum", "FP32", ()), Tensor("double", "INT64", (2,))]),
    ],
    ids=["values", "tensors"],
)
def test_a_node_knows_what_a_model_of_numbers_answers(tmp_path: Path, output: str, expected: list[Tensor]) -> None:
    declared.sums(declared.folder(tmp_path / "sums", f"[output]\n{output}") / "iris.onnx")
    built = build.build(resolution.resolve(folder.read(tmp_path / "sums")), tmp_path / "sums.mar", VERSION)
    description = interface.read(built.path)
    assert description
    assert (description.outputs, description.platform) == (tuple(expected), "onnxruntime_onnx")
    assert problems_of_document(description) == []


def test_a_node_knows_inputs_by_name(tmp_path: Path) -> None:
    (tmp_path / "cell").mkdir()
    declared.cell(declared.folder(tmp_path / "cell", declared.CELL) / "iris.onnx")
    built = build.build(resolution.resolve(folder.read(tmp_path / "cell")), tmp_path / "cell.mar", VERSION)
    description = interface.read(built.path)
    assert description
    shown = metadata.model("cell", [VERSION], description)
    shapes = {tensor["name"]: tensor["shape"] for tensor in (*shown["inputs"], *shown["outputs"])}
    assert shapes == {"signal": [-1, 4], "state": [2, -1, 3], "rate": [], "level": [-1, 1], "next": [2, -1, 3]}
    assert Route.of("cell", built.path).size is None


def problems_of_document(description: Interface) -> list[str]:
    """Return the violations of the model's OpenAPI document by the answer to the example."""
    whole = document.build([description], {})
    assert description.example
    schema = {"$ref": f"#/components/schemas/{description.name}.Prediction", "components": whole["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(description.example.answer)]


def test_an_archive_is_served_without_pytorch(resolved: Resolved, tmp_path: Path) -> None:
    with zipfile.ZipFile(build.build(resolved, tmp_path / "iris.mar", VERSION).path) as file:
        file.extractall(tmp_path / "unpacked")
    code = "import sys; from pathlib import Path; from inference import loading; from model import SPEC; "
    code += "loading.load(Path(), SPEC, 'cpu'); print({'torch', 'captum', 'onnx'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    completed = subprocess.run(
        command, cwd=tmp_path / "unpacked", capture_output=True, text=True, timeout=60, check=False
    )
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "set()\n", "")


def test_an_archive_that_misses_its_reference_is_not_written(resolved: Resolved, tmp_path: Path) -> None:
    rows = resolved.samples.rows[:4]
    wrong = golden.record(rows, resolved.network.predict(rows + 1))
    broken = replace(resolved, files={**resolved.files, golden.FILE: wrong})
    with pytest.raises(
        DeclarationError, match=r"the archive cannot be loaded: .*GoldenError: golden probabilities are missed"
    ):
        build.build(broken, tmp_path / "iris.mar", VERSION)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_over_the_limit_is_not_written(
    resolved: Resolved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "MOST_BYTES", 1000)
    with pytest.raises(seal.SealError, match=r"^its files are \d+ bytes; 1000 are allowed$"):
        build.build(resolved, tmp_path / "iris.mar", VERSION)
    assert list(tmp_path.iterdir()) == []


def test_a_graph_over_the_limit_is_refused_in_one_line(tmp_path: Path) -> None:
    own = declared.folder(tmp_path / "own")
    os.truncate(own / "iris.onnx", graph.MOST_BYTES + 1)  # a sparse file
    failed = run(str(own), "--out", str(tmp_path / "store" / "own.mar"))
    expected = "error: iris.onnx has 209,715,201 bytes; at most 209,715,200 fit into an archive\n"
    assert (failed.returncode, failed.stdout, failed.stderr) == (1, "", expected)
    assert not list(tmp_path.glob("store/*"))


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "scripts" / "commands"), "package", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_first_file_that_cannot_be_packaged_yet_says_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text("def make(): raise SystemExit")
    started = run(str(tmp_path), "--init")
    text = (tmp_path / "model.toml").read_text()
    assert (started.returncode, started.stderr) == (0, "")
    assert started.stdout.startswith(f"{text}scripts/package needs a change: network.py:make fails: SystemExit")


def test_the_command(tmp_path: Path) -> None:
    own, store = tmp_path / "own", tmp_path / "store"
    own.mkdir()
    declared.iris(own / "iris.onnx")
    started = run(str(own), "--init")
    assert (started.returncode, started.stdout) == (0, (own / "model.toml").read_text())
    built = run(str(own), "--out", str(store / "own.mar"))
    assert built.returncode == 0, built.stderr
    assert "batches  of 1, 2, 7, 64 give the same outputs within" in built.stdout
    assert admission.admit(store / "own.mar").name == "own"
    again = run(str(own), "--out", str(store / "own.mar"), "--if-stale")
    assert again.stdout.endswith("own.mar is up to date\n")
    renamed = run(str(own), "--out", str(store / "own.mar"), "--if-stale", "--name", "flowers")
    assert "/predictions/flowers" in renamed.stdout, renamed.stderr
    assert admission.admit(store / "own.mar").name == "flowers"
    missing = run(str(own), "--reference", str(tmp_path / "train.csv"), "--if-stale")
    assert (missing.returncode, missing.stderr) == (1, f"error: there is no training data {tmp_path / 'train.csv'}\n")
    (own / "model.toml").write_text("nam = 'iris'")
    failed = run(str(own), "--out", str(store / "other.mar"))
    assert (failed.returncode, failed.stderr) == (1, "error: model.toml: unknown key 'nam'; did you mean name?\n")
    assert not (store / "other.mar").exists()
