"""ONNX files that are accepted, and those that are refused by name."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from inference.declared.declaration import Declaration
from inference.inputs.named import Tensor
from serving.declared import folder, graph, inputs
from serving.declared.errors import DeclarationError
from tests import declared
from tests.declared import FLOAT, INT64, Value


def test_inputs_and_outputs(tmp_path: Path) -> None:
    signature = graph.read(declared.sums(tmp_path / "sums.onnx"))
    assert [value.tensor for value in signature.inputs] == [Tensor("pair", "FP32", (-1, 2))]
    assert [value.tensor for value in signature.outputs] == [
        Tensor("sum", "FP32", (-1,)),
        Tensor("double", "INT64", (-1, 2)),
    ]


def test_weights_in_another_file_are_refused(tmp_path: Path) -> None:
    whole = onnx.load(declared.iris(tmp_path / "iris.onnx"))
    path = tmp_path / "apart.onnx"
    onnx.save(whole, path, save_as_external_data=True, location="weights.data", size_threshold=0)
    with pytest.raises(DeclarationError, match=r"keeps weights in the file 'weights\.data': write one file"):
        graph.read(path)


def test_an_operator_of_a_custom_domain_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("Magic", ["a"], ["b"], domain="custom")
    path = declared.save(tmp_path / "custom.onnx", [node], [("a", FLOAT, ["n", 2])], [("b", FLOAT, ["n", 2])])
    with pytest.raises(DeclarationError, match="the operator Magic of the custom domain 'custom'"):
        graph.read(path)


def branch(node: onnx.NodeProto) -> onnx.GraphProto:
    return helper.make_graph([node], "branch", [], [helper.make_tensor_value_info("c", FLOAT, None)])


def branches(path: Path, node: onnx.NodeProto) -> Path:
    """Return a graph that runs the node if the sum of its input is above 0."""
    other = branch(helper.make_node("Identity", ["a"], ["c"]))
    nodes = [
        helper.make_node("ReduceSum", ["a"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["positive"], to=declared.BOOL),
        helper.make_node("If", ["positive"], ["c"], then_branch=branch(node), else_branch=other),
    ]
    return declared.save(path, nodes, [("a", FLOAT, ["n", 2])], [("c", FLOAT, ["n", 2])])


def test_operators_and_weights_of_a_branch_are_checked(tmp_path: Path) -> None:
    path = branches(tmp_path / "custom.onnx", helper.make_node("Magic", ["a"], ["c"], domain="custom"))
    with pytest.raises(DeclarationError, match="the operator Magic of the custom domain 'custom'"):
        graph.read(path)
    weight = onnx.TensorProto(data_type=FLOAT, dims=[2], data_location=onnx.TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value="weights.data")
    path = branches(tmp_path / "apart.onnx", helper.make_node("Constant", [], ["c"], value=weight))
    with pytest.raises(DeclarationError, match=r"apart\.onnx keeps weights in the file 'weights\.data'"):
        graph.read(path)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x00" * 100])
def test_a_file_that_is_no_graph(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "iris.onnx").write_bytes(content)
    with pytest.raises(DeclarationError, match=r"iris\.onnx is not an ONNX file"):
        graph.read(tmp_path / "iris.onnx")


def test_a_sequence_and_texts_are_named(tmp_path: Path) -> None:
    path = declared.iris(tmp_path / "iris.onnx")
    model = onnx.load(path)
    model.graph.node.append(helper.make_node("SequenceConstruct", ["logits"], ["maps"]))
    model.graph.output.append(helper.make_tensor_sequence_value_info("maps", FLOAT, None))
    model.graph.output.append(helper.make_tensor_value_info("text", onnx.TensorProto.STRING, ["n"]))
    signature = graph.parse(model.SerializeToString(), "iris.onnx")
    assert [value.refusal for value in signature.outputs] == [
        "",
        "is a sequence, not a tensor: export its tensors, each under its name; skl2onnx converts with "
        "options={'zipmap': False}",
        "is of type string, which is not served: return numbers, whose texts are labels in model.toml",
    ]


def resolved(path: Path, text: str) -> Declaration:
    stated = folder.read(declared.folder(path, text))
    return inputs.resolve(stated, graph.read(stated.network))[0]


def test_a_free_side_is_filled_by_columns(tmp_path: Path) -> None:
    path = declared.iris(tmp_path / "iris.onnx")
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "width"
    onnx.save(model, path)
    assert resolved(tmp_path, declared.MODEL).input.shape == (4,)
    assert resolved(tmp_path, "").inputs[0].shape == (-1,)
    fixed = resolved(tmp_path, "[inputs.row]\nshape = [4]")
    assert (fixed.input.shape, fixed.inputs) == ((4,), ())


@pytest.mark.parametrize(("batch", "batched"), [("n", True), (1, False)])
def test_a_batch_of_one_is_served_without_batching(tmp_path: Path, batch: int | str, batched: bool) -> None:
    declared.iris(tmp_path / "iris.onnx", batch)
    assert resolved(tmp_path, "").batched == batched


@pytest.mark.parametrize(("batch", "batched"), [("n", True), (1, False)])
def test_two_inputs_with_a_batch_of_one_are_served_without_batching(
    tmp_path: Path, batch: int | str, batched: bool
) -> None:
    values: list[declared.Value] = [(name, declared.FLOAT, [batch, 2]) for name in "abc"]
    node = onnx.helper.make_node("Add", ["a", "b"], ["c"])
    declared.save(tmp_path / "iris.onnx", [node], values[:2], values[2:])
    declaration = resolved(tmp_path, "")
    assert declaration.batched == batched
    assert [(tensor.shape, tensor.axis) for tensor in declaration.inputs] == [((2,), 0), ((2,), 0)]


def test_another_fixed_batch_is_refused(tmp_path: Path) -> None:
    declared.iris(tmp_path / "iris.onnx", 8)
    with pytest.raises(DeclarationError, match=r"'row' \[8, 4\]: export it with a free first dimension"):
        resolved(tmp_path, "")


def test_the_batch_of_each_input_is_derived(tmp_path: Path) -> None:
    declared.cell(tmp_path / "iris.onnx")
    declaration = resolved(tmp_path, declared.CELL)
    assert [(tensor.name, tensor.shape, tensor.axis) for tensor in declaration.inputs] == [
        ("signal", (4,), 0),
        ("state", (2, 3), 1),
        ("rate", (), None),
    ]
    assert (declaration.batched, declaration.defaults) == (True, {"rate": 10})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[inputs.sginal]\nshape = [4]", "the network has no input 'sginal'; did you mean 'signal'?"),
        ("[inputs.signal]\nshap = [4]", "unknown key 'shap'; did you mean shape?"),
        ("[inputs.signal]\nshape = [0]", "shape must be a list of up to 8 whole numbers from 1 to 4194304, or -1"),
        (
            "[inputs.signal]\nshape = [2, 2]",
            r"shape is [2, 2] an example, and the network's input has the shape [?, ?]",
        ),
        ("[inputs.state]\nshape = [2, 4]", r"and the network's input has the shape [2, ?, 3]"),
        ("[inputs.state]\naxis = 0", "axis is 0, and the network's input has the shape [2, ?, 3]"),
        ('[inputs.rate]\nvalue = "x"', "value: input 'rate' of its example is \"x\", not a whole number"),
        ("[inputs.state]\nvalue = [1]", "value: input 'state' of its example has the shape [1], not [2, 3]"),
        ("[input]\ncolumns = ['a']", "columns cannot be one of 3 inputs: 'signal', 'state', 'rate'"),
        ("[input]\nimage = {}", "an image cannot be one of 3 inputs"),
    ],
)
def test_what_is_wrong_with_an_input_is_named(tmp_path: Path, text: str, message: str) -> None:
    declared.cell(tmp_path / "iris.onnx")
    with pytest.raises(DeclarationError) as error:
        resolved(tmp_path, text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_graph_without_a_batch_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("Add", ["a", "b"], ["c"])
    values: list[Value] = [("a", FLOAT, [2]), ("b", FLOAT, [2])]
    declared.save(tmp_path / "iris.onnx", [node], values, [("c", FLOAT, [2])])
    with pytest.raises(DeclarationError, match=r"the network's inputs have no batch: 'a' \[2\], 'b' \[2\]"):
        resolved(tmp_path, "")


def test_a_graph_without_inputs_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("Constant", [], ["c"], value_floats=[1.0, 2.0])
    declared.save(tmp_path / "iris.onnx", [node], [], [("c", FLOAT, [2])])
    with pytest.raises(DeclarationError, match=r"^the network has no input: its outputs are constant$"):
        resolved(tmp_path, "")


@pytest.mark.parametrize(
    ("side", "image", "shape"),
    [
        (32, "{}", (3, 32, 32)),
        ("h", "{ size = [20, 30] }", (3, 20, 30)),
        ("h", "{ size = { shortest_edge = 40 }, crop_size = [32, 24] }", (3, 32, 24)),
    ],
)
def test_the_sides_of_an_image(tmp_path: Path, side: int | str, image: str, shape: tuple[int, ...]) -> None:
    declared.photos(tmp_path / "iris.onnx", side)
    assert resolved(tmp_path, f"[input]\nimage = {image}").input.shape == shape


@pytest.mark.parametrize(
    ("side", "image", "message"),
    [
        ("h", "{}", "image has no size, and the network takes any: state size"),
        (32, "{ size = [20, 30] }", r"images become 20x30 pixels, and the network's input 'image' has"),
        (32, '{ color = "L" }', r"an image of color L has 1 channels, and the network's input 'image' has"),
    ],
)
def test_an_image_that_does_not_fit(tmp_path: Path, side: int | str, image: str, message: str) -> None:
    declared.photos(tmp_path / "iris.onnx", side)
    with pytest.raises(DeclarationError, match=message):
        resolved(tmp_path, f"[input]\nimage = {image}")


def test_whole_numbers_make_no_image(tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    values: list[Value] = [("a", INT64, ["n", 3, 8, 8])]
    declared.save(tmp_path / "iris.onnx", [node], values, [("b", INT64, ["n", 3, 8, 8])])
    with pytest.raises(DeclarationError, match="takes no image of color RGB"):
        resolved(tmp_path, "[input]\nimage = {}")
    assert resolved(tmp_path, "").input.dtype == np.int64
