"""Resolution and checks of a folder: kinds of outputs, and errors that name the sample and the cause."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from PIL import Image

from inference.declared.declaration import Declaration
from serving.declared import folder, resolution, scaffold
from serving.declared.errors import DeclarationError
from serving.declared.resolution import Resolved
from tests import declared
from tests.declared import COLUMNS, FLOAT, LABELS


def resolve(path: Path, text: str = declared.MODEL) -> Resolved:
    return resolution.resolve(folder.read(declared.folder(path, text)))


def declaration(path: Path, text: str = declared.MODEL) -> Declaration:
    return resolve(path, text).declaration


def sample(path: Path, name: str, content: object) -> None:
    (path / "samples").mkdir(parents=True, exist_ok=True)
    (path / "samples" / name).write_text(json.dumps(content))


def test_a_table_of_logits(tmp_path: Path) -> None:
    resolved = resolve(tmp_path)
    stated = resolved.declaration
    assert (stated.kind, stated.labels, stated.columns) == ("logits", LABELS, COLUMNS)
    assert (resolved.figures.samples, resolved.figures.generated, resolved.figures.warnings) == (0, 64, [])
    assert Declaration.of(json.loads(stated.content())) == stated
    np.testing.assert_allclose(
        resolved.network.arrays(resolved.samples.rows)["logits"], declared.logits(resolved.samples.rows), atol=1e-5
    )


def test_probabilities_are_recognised(tmp_path: Path) -> None:
    declared.iris(tmp_path / "iris.onnx", last="Softmax")
    assert declaration(tmp_path).kind == "probabilities"
    resolved = resolve(tmp_path, declared.MODEL + 'kind = "logits"')
    assert resolved.figures.warnings == ["'logits' adds up to 1 on every sample: kind = 'probabilities'?"]


def test_one_probability_for_two_labels_is_refused_with_advice(tmp_path: Path) -> None:
    declared.sums(tmp_path / "iris.onnx")
    with pytest.raises(DeclarationError, match=r'or state kind = "values" without labels$'):
        resolve(tmp_path, '[output]\ntensor = "sum"\nlabels = ["no", "yes"]')


def test_several_labels_at_once_are_values(tmp_path: Path) -> None:
    declared.iris(tmp_path / "iris.onnx", last="Sigmoid")
    with pytest.raises(DeclarationError, match=r'several labels at once\? kind = "values" answers each by its name$'):
        resolve(tmp_path, declared.MODEL + 'kind = "probabilities"')


def test_scores_over_one_are_no_probabilities(tmp_path: Path) -> None:
    nodes = [helper.make_node("Sigmoid", ["x"], ["half"]), helper.make_node("Add", ["half", "half"], ["y"])]  # 0 to 2
    declared.save(tmp_path / "iris.onnx", nodes, [("x", FLOAT, ["n", 3])], [("y", FLOAT, ["n", 3])])
    with pytest.raises(DeclarationError, match=r"does not add up to 1 \(by .*\): logits\?$"):
        resolve(tmp_path, '[output]\nlabels = ["a", "b", "c"]\nkind = "probabilities"')


def test_an_operator_that_onnx_runtime_has_not_is_named_without_places_in_its_source(tmp_path: Path) -> None:
    path = declared.iris(tmp_path / "iris.onnx")
    graph = onnx.load(path)
    next(entry for entry in graph.opset_import if not entry.domain).version = 99
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(DeclarationError, match=r"cannot load the graph: ONNX Runtime only .* Opset 99 is under"):
        resolve(tmp_path)


def test_labels_in_another_order_than_the_networks_own_are_refused(tmp_path: Path) -> None:
    classifier = helper.make_node(
        "LinearClassifier", ["row"], ["label", "scores"], domain="ai.onnx.ml", classlabels_strings=["c", "a", "b"],
        coefficients=[1.0, 2.0, 3.0] * 4, intercepts=[0.0] * 3, post_transform="SOFTMAX",
    )  # fmt: skip
    label: declared.Value = ("label", declared.TEXT, ["n"])
    outputs: list[declared.Value] = [label, ("scores", FLOAT, ["n", 3])]
    graph = declared.save(tmp_path / "iris.onnx", [classifier], [("row", FLOAT, ["n", 4])], outputs)
    assert '["c", "a", "b"]' in scaffold.write(tmp_path)
    (tmp_path / "model.toml").unlink()
    with pytest.raises(DeclarationError, match=r"another order than the network, which has 'c', 'a', 'b'$"):
        resolve(tmp_path, '[output]\nlabels = ["a", "b", "c"]')
    assert graph.exists()
    assert resolve(tmp_path, '[output]\nlabels = ["c", "a", "b"]').declaration.kind == "probabilities"


@pytest.mark.parametrize(("operator", "warnings"), [("ArgMax", 0), ("ArgMin", 1)])
def test_labels_of_the_network_that_differ_are_warned_of(tmp_path: Path, operator: str, warnings: int) -> None:
    graph = onnx.load(declared.iris(tmp_path / "iris.onnx"))
    graph.graph.node.append(helper.make_node(operator, ["logits"], ["label"], axis=1, keepdims=0))
    graph.graph.output.append(helper.make_tensor_value_info("label", declared.INT64, ["n"]))
    onnx.save(graph, tmp_path / "iris.onnx")
    messages = resolve(tmp_path).figures.warnings
    assert ["'label' has another class than the largest of 'logits' on 64" in text for text in messages] == [
        True
    ] * warnings


def test_values_and_tensors(tmp_path: Path) -> None:
    assert declaration(tmp_path, "").kind == "values"
    declared.sums(tmp_path / "iris.onnx")
    assert [output.shape for output in declaration(tmp_path, "").outputs] == [(), (2,)]
    named = declaration(tmp_path, '[output]\ntensor = "double"\nnames = ["a", "b"]')
    assert (named.kind, named.names) == ("values", ("a", "b"))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ('labels = ["a", "b"]', "there are 2 labels, and the network's output 'logits' FP32 [3] an example"),
        ('kind = "logits"', "kind = 'logits' needs labels"),
        ('kind = "values"\nlabels = ["a", "b", "c"]', "labels are for kind = logits or probabilities"),
        ('names = ["a"]', "there are 1 names, and 'logits' has 3 values"),
        ('kind = "tensors"\nnames = ["a"]', "names are for kind = values"),
        ('kind = "probabilities"\nlabels = ["a", "b", "c"]', "'logits' does not add up to 1"),
        ('tensor = "logit"', "the network has no output 'logit'; did you mean 'logits'?"),
    ],
)
def test_an_output_that_does_not_match(tmp_path: Path, output: str, message: str) -> None:
    with pytest.raises(DeclarationError) as error:
        resolve(tmp_path, f"[output]\n{output}")
    assert message in str(error.value)


@pytest.mark.parametrize("keep", [0, 1])
def test_one_output_for_a_whole_batch_is_refused(tmp_path: Path, keep: int) -> None:
    node = helper.make_node("ReduceSum", ["row"], ["total"], keepdims=keep)
    declared.save(tmp_path / "iris.onnx", [node], [("row", FLOAT, ["n", 4])], [("total", FLOAT, [1] * 2 * keep)])
    with pytest.raises(
        DeclarationError,
        match=r"'total' .* for a batch of 2 and .* for a batch of 3, so it has no value",
    ):
        resolve(tmp_path, "")


@pytest.mark.parametrize(("inputs", "batch"), [(["a"], "n"), (["a"], 1), (["a", "b"], "n"), (["a", "b"], 1)], ids=str)
def test_an_output_without_a_batch_can_be_left_out(tmp_path: Path, inputs: list[str], batch: int | str) -> None:
    """An example is a loss beside the scores, as exported from training."""
    nodes = [
        helper.make_node("Sum", inputs, ["scores"]),
        helper.make_node("ReduceMean", ["scores"], ["loss"], keepdims=0),
    ]
    values: list[declared.Value] = [(name, FLOAT, [batch, 2]) for name in inputs]
    declared.save(tmp_path / "iris.onnx", nodes, values, [("scores", FLOAT, [batch, 2]), ("loss", FLOAT, [])])
    with pytest.raises(DeclarationError) as error:
        resolve(tmp_path, "")
    assert "the network's output 'loss' has the shape [] for a batch of" in str(error.value)
    assert str(error.value).endswith("or state another output as tensor in model.toml [output]")
    assert declaration(tmp_path, '[output]\ntensor = "scores"').kind == "values"


def test_an_output_whose_shape_the_graph_does_not_tell_is_served(tmp_path: Path) -> None:
    model = onnx.load(declared.iris(tmp_path / "iris.onnx"))
    model.graph.output[0].type.tensor_type.ClearField("shape")
    onnx.save(model, tmp_path / "iris.onnx")
    assert declaration(tmp_path).outputs[0].shape == (3,)


def test_a_locale_that_is_missing_is_named(tmp_path: Path) -> None:
    node = helper.make_node("StringNormalizer", ["text"], ["low"], case_change_action="LOWER", locale="xx_XX.UTF-8")
    encoder = helper.make_node(
        "LabelEncoder", ["low"], ["number"], domain="ai.onnx.ml", keys_strings=["a"], values_floats=[1.0]
    )
    values: list[declared.Value] = [("text", declared.TEXT, ["n"])]
    declared.save(tmp_path / "iris.onnx", [node, encoder], values, [("number", FLOAT, ["n"])])
    with pytest.raises(DeclarationError, match="texts in a locale that this machine does not have: convert it with"):
        resolve(tmp_path, "")


@pytest.mark.parametrize(
    "output", ['kind = "values"', f"labels = {list('abcdefghijklmnop')}"], ids=["values", "classes"]
)
@pytest.mark.parametrize("own", [False, True], ids=["generated", "samples"])
def test_a_width_that_depends_on_the_input_is_refused(tmp_path: Path, output: str, own: bool) -> None:
    declared.lengths(tmp_path / "iris.onnx")
    if own:  # all of one length
        sample(tmp_path, "a.json", {"signal": [1.0] * 16})
    with pytest.raises(DeclarationError) as error:
        resolve(tmp_path, f'[output]\ntensor = "double"\n{output}')
    text = "model.toml [output]: 'double' has [?] an example, which depends on its input: state kind = 'tensors'"
    assert str(error.value) == text
    assert declaration(tmp_path, '[output]\ntensor = "mean"\nkind = "values"').kind == "values"
    for kind in ("", 'kind = "tensors"'):
        assert declaration(tmp_path, f'[output]\ntensor = "double"\n{kind}').outputs[0].shape == (-1,)


def test_a_graph_of_one_example_is_served_without_batching(tmp_path: Path) -> None:
    declared.iris(tmp_path / "iris.onnx", 1)
    resolved = resolve(tmp_path)
    assert resolved.figures.warnings == ["the graph takes one example at a time: it is served without batching"]
    np.testing.assert_allclose(
        resolved.network.arrays(resolved.samples.rows)["logits"], declared.logits(resolved.samples.rows), atol=1e-5
    )


def test_a_network_that_mixes_its_batch_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("ReduceMean", ["a"], ["mean"], axes=[0]), helper.make_node("Sub", ["a", "mean"], ["b"])]
    declared.save(tmp_path / "iris.onnx", nodes, [("a", FLOAT, ["n", 2])], [("b", FLOAT, ["n", 2])])
    with pytest.raises(DeclarationError, match=r"generated example \d+ alone and in a batch of 2 differs by .* mixes"):
        resolve(tmp_path, "")
    resolved = resolve(tmp_path, "batching = false")
    assert not resolved.declaration.batched
    assert np.abs(resolved.network.arrays(resolved.samples.rows)["b"]).max() == 0


def test_a_network_that_fails_on_batches_is_served_without_them(tmp_path: Path) -> None:
    shape = helper.make_tensor("shape", onnx.TensorProto.INT64, [2], [1, 2])
    nodes = [
        helper.make_node("Constant", [], ["shape"], value=shape),
        helper.make_node("Reshape", ["a", "shape"], ["b"]),
    ]
    declared.save(tmp_path / "iris.onnx", nodes, [("a", FLOAT, ["n", 2])], [("b", FLOAT, ["n", 2])])
    with pytest.raises(DeclarationError, match="the network fails on generated examples"):
        resolve(tmp_path, "")
    resolved = resolve(tmp_path, "batching = false")
    assert np.array_equal(resolved.network.arrays(resolved.samples.rows)["b"], resolved.samples.rows)


def test_an_output_may_have_its_batch_in_any_dimension(tmp_path: Path) -> None:
    node = helper.make_node("Transpose", ["a"], ["b"])
    declared.save(tmp_path / "iris.onnx", [node], [("a", FLOAT, ["n", 3])], [("b", FLOAT, [3, "n"])])
    resolved = resolve(tmp_path, "")
    assert [(output.shape, output.axis) for output in resolved.declaration.outputs] == [((3,), 1)]
    assert np.array_equal(resolved.network.arrays(resolved.samples.rows)["b"], resolved.samples.rows)


def test_nan_on_a_sample_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("Sqrt", ["a"], ["b"])
    declared.save(tmp_path / "iris.onnx", [node], [("a", FLOAT, ["n", 2])], [("b", FLOAT, ["n", 2])])
    sample(tmp_path, "negative.json", [4, -1])
    with pytest.raises(DeclarationError, match=r"'b' has a NaN or infinite number for sample negative\.json"):
        resolve(tmp_path, "")


def test_samples_of_a_table(tmp_path: Path) -> None:
    sample(tmp_path, "a.json", [1, 2, 3, 4])
    sample(tmp_path, "b.json", dict(zip(COLUMNS, [4, 3, 2, 1], strict=True)))
    np.save(tmp_path / "samples" / "c.npy", np.ones(4))
    samples = resolve(tmp_path).samples
    assert samples.names == ("a.json", "b.json", "c.npy")
    assert samples.rows[:3].tolist() == [[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 1, 1]]
    assert len(samples.rows) == 64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2, 3], "sample a.json is no example: instances[0] has 3 elements"),
        ({"sepal length": 1}, "sample a.json is no example: instances[0] has no columns 'sepal width'"),
        ([1, 2, 3, "4"], 'column "petal width" of instances[0] is "4", not a finite number'),
        ({"instances": [[1, 2, 3, 4], [1, 2, 3, 4]]}, "sample a.json has 2 examples; a file holds one"),
    ],
)
def test_a_sample_that_is_none_is_named(tmp_path: Path, content: object, message: str) -> None:
    sample(tmp_path, "a.json", content)
    with pytest.raises(DeclarationError) as error:
        resolve(tmp_path)
    assert message in str(error.value)


def test_what_is_expected_of_a_sample(tmp_path: Path) -> None:
    row = np.array([[5.1, 3.5, 1.4, 0.2]], dtype=np.float32)
    scores = declared.logits(row)[0]
    sample(tmp_path, "a.json", row[0].tolist())
    sample(tmp_path, "a.expected.json", {"label": LABELS[scores.argmax()], "logits": scores.round(4).tolist()})
    assert resolve(tmp_path).figures.expected == 1
    sample(tmp_path, "a.expected.json", LABELS[scores.argmin()])
    with pytest.raises(DeclarationError, match=r"sample a\.json: '\w+' is predicted, '\w+' is expected"):
        resolve(tmp_path)
    sample(tmp_path, "a.expected.json", (scores + 0.1).tolist())
    with pytest.raises(DeclarationError, match=r"sample a\.json: probabilities differs by"):
        resolve(tmp_path)
    sample(tmp_path, "b.expected.json", "setosa")
    with pytest.raises(DeclarationError, match=r"b\.expected\.json belongs to no sample"):
        resolve(tmp_path)


def test_the_likely_cause_of_a_difference_is_named(tmp_path: Path) -> None:
    declared.photos(tmp_path / "iris.onnx")
    pixels = np.random.default_rng(3).integers(0, 256, (90, 70, 3)).astype(np.uint8)
    (tmp_path / "samples").mkdir()
    Image.fromarray(pixels).save(tmp_path / "samples" / "a.png")
    text = '[input]\nimage = {{ resample = "{}", rescale_factor = {} }}\n[output]\nlabels = ["a", "b"]'
    right = resolve(tmp_path, text.format("lanczos", 1 / 255))
    sample(tmp_path, "a.expected.json", {"logits": right.network.arrays(right.samples.rows)["scores"][0].tolist()})
    assert resolve(tmp_path, text.format("lanczos", 1 / 255)).figures.expected == 1
    flipped = np.ascontiguousarray(right.samples.rows[:1, ..., ::-1])
    with pytest.raises(DeclarationError, match=r"likely cause: resample = 'lanczos' would match"):
        resolve(tmp_path, text.format("nearest", 1 / 255))
    with pytest.raises(DeclarationError, match=r"likely cause: rescale_factor = 0\.00392157 would match"):
        resolve(tmp_path, text.format("lanczos", 1.0))
    sample(tmp_path, "a.expected.json", {"logits": right.network.arrays(flipped)["scores"][0].tolist()})
    with pytest.raises(DeclarationError, match=r"likely cause: the order of the channels, the network takes BGR"):
        resolve(tmp_path, text.format("lanczos", 1 / 255))


def test_the_first_declaration_of_booleans_can_be_packaged_and_has_no_columns(tmp_path: Path) -> None:
    node = helper.make_node("Cast", ["x"], ["y"], to=FLOAT)
    booleans: declared.Value = ("x", declared.BOOL, ["n", 4])
    declared.save(tmp_path / "not.onnx", [node], [booleans], [("y", FLOAT, ["n", 4])])
    assert "columns" not in scaffold.write(tmp_path)
    assert resolution.resolve(folder.read(tmp_path)).declaration.inputs
    (tmp_path / "model.toml").write_text('[input]\ncolumns = ["a", "b", "c", "d"]')
    with pytest.raises(DeclarationError, match="columns cannot be the input 'x' of BOOL: leave it out"):
        resolution.resolve(folder.read(tmp_path))


def test_a_scale_of_bytes_is_not_applied_and_a_warning_says_so(tmp_path: Path) -> None:
    declared.bytes_of(tmp_path / "iris.onnx")
    resolved = resolve(tmp_path, "[input]\nimage = { image_mean = [0.5] }\n[output]\nkind = 'values'")
    image = np.full((1, 8, 8, 3), 7, np.uint8)
    assert resolved.network.arrays(image)["sums"].tolist() == [[448.0] * 3]
    expected = "the network takes bytes: rescale_factor, image_mean and image_std are not applied"
    assert resolved.figures.warnings == [expected]
