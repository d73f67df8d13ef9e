"""Commands that train, compare and package models."""

import argparse
from pathlib import Path

from scripts.arguments.command import DATA, NAMES, Command, Option
from serving import paths, version
from serving.archives import formats
from serving.arguments import Parser

_SIZES = (28, 32, 64)
_DOCS, _STUDIES = paths.ROOT / "docs", paths.ROOT / ".studies"


def check_train(parser: Parser, args: argparse.Namespace) -> None:
    if (args.size or args.color) and not args.data:
        parser.error("--size and --color need your own pictures: name their folder with --data")
    if args.resume and args.fresh:
        parser.error("argument --fresh: not allowed with argument --resume")
    args.as_they_are = args.color or args.size not in (None, _SIZES[0])


COMMANDS = {
    "compare": Command(
        """Compare models by cross-validation, or training methods at equal budget, on the training set.

If the command is stopped, run it again: it continues.""",
        [
            Option("what", "models", "subject of the comparison", {"nargs": "?", "choices": ("models", "methods")}),
            DATA,
            Option("--folds", 5, "folds of the cross-validation of models"),
            Option("--seed", 0, "random seed of the folds and the weights"),
            Option("--only", str, "compare only these models, for example 'MLP 128'", NAMES | {"default": []}),
            Option("--jobs", 1, "number of processes, each with one thread"),
            Option("--quick", False, "a test run with 600 images and few epochs"),
            Option("--results", _STUDIES, "folder of recorded results"),
            Option("--docs", Path, "folder of the report (default: docs; with --quick: docs/ in --results)"),
        ],
    ),
    "evaluate": Command(
        "Measure trained bundles on the test set, foreign digits and other images. Write the model card.",
        [
            Option(
                "--bundle",
                Path,
                "folders that scripts/train wrote (default: those of bundles/ named default, best and best-seed-*)",
                {"nargs": "+", "metavar": "DIR"},
            ),
            Option("--data", Path, "training data of the bundles (default: MNIST)"),
            Option("--docs", _DOCS, "folder for model-card.md and images/"),
        ],
    ),
    "faithfulness": Command(
        """Measure how faithful explanations are to the network. Write docs/explanations.md and its pictures.

If the command is stopped, run it again: it continues.""",
        [
            Option("--bundle", paths.BUNDLE, "bundle written by scripts/train"),
            Option("--images", 1000, "number of test images to explain, 100 or more"),
            Option("--docs", _DOCS, "folder for explanations.md and images/"),
            Option("--results", _STUDIES / "faithfulness", "folder of recorded results"),
        ],
    ),
    "package": Command(
        "Build, test and sign an archive that TorchServe loads.",
        [
            Option("folder", Path, "folder of an own model, with a model.toml", {"nargs": "?"}),
            Option("--init", False, "write a first model.toml into the folder"),
            Option(
                "--reference",
                Path,
                "training data of an own model, for drift metrics: .npy, .csv, or a folder of images",
                {"metavar": "FILE"},
            ),
            Option("--bundle", paths.BUNDLE, "trained bundle, or its folder"),
            Option("--model", paths.MODEL, "Python package with the model's SPEC"),
            Option("--name", "", "name of the served model (default: that of the folder or the bundle)"),
            Option("--out", Path, "file to write (default: model_store/NAME.mar)"),
            Option("--version", version.read(), "version of the served model"),
            Option(
                "--format",
                str,
                f"runtime of the network (default: {formats.DEFAULT} for linear layers, else {formats.ANY}); "
                "docs/performance.md compares them",
                {"choices": formats.FORMATS},
            ),
            Option("--if-stale", False, "do nothing if the archive is up to date"),
        ],
        # The lock for packaging. A network from Python code may need further packages.
        lock=lambda args: "onnx" if args.folder or args.init else "train",
    ),
    "train": Command(
        """Train a network, measure it and save it.

If the command is stopped, run it again: it continues from the last epoch.""",
        [
            Option("--preset", "default", "a preset in training/fit/presets.toml, or a .toml file"),
            Option(
                "--set",
                str,
                "change a field of the preset, such as optimizer=sgd or augmentation.rotation=5; can be repeated",
                {"action": "append", "default": [], "metavar": "NAME=VALUE"},
            ),
            DATA,
            Option("--name", str, "name of the bundle and the served model (default with --data: the folder's name)"),
            Option(
                "--size",
                int,
                "width and height of your own pictures; 28 normalises them to MNIST's format, 32 and 64 only "
                "resize them (default: 28)",
                {"choices": _SIZES},
            ),
            Option("--color", False, "train on color"),
            Option("--out", Path, "folder of the bundle and its figures (default: bundles/NAME)"),
            Option("--seed", 0, "random seed; the same seed gives the same weights on the same machine"),
            Option("--epochs", int, "number of epochs (default: the preset's)"),
            Option("--if-missing", False, "do nothing if the bundle exists"),
            Option("--tensorboard", Path, "write TensorBoard logs to this folder", {"metavar": "DIR"}),
            Option("--resume", False, "fail unless a stopped training can be continued"),
            Option("--fresh", False, "do not continue a stopped training"),
        ],
        check=check_train,
    ),
    "tune": Command(
        """Search for better hyperparameters by cross-validation on the training set.

If the command is stopped, run it again: it continues. Two commands at once share the study. An existing study keeps its
settings: give its name alone.""",
        [
            Option("--study", "digits", "name of the study"),
            Option("--trials", int, "number of finished trials in the study (default: 25; grid: all points)"),
            Option("--base", str, "preset to improve, or a .toml file (default: default)"),
            Option("--space", Path, "search space (default: training/tuning/space.toml, or grid.toml)"),
            Option("--sampler", str, "Optuna sampler (default: tpe)", {"choices": ("tpe", "random", "grid")}),
            Option("--pruner", str, "Optuna pruner (default: median)", {"choices": ("median", "hyperband", "none")}),
            Option("--folds", int, "folds of the cross-validation (default: 3)"),
            Option("--epochs", int, "number of epochs (default: the preset's)"),
            Option("--images", int, "number of training images (default: all)"),
            Option("--seed", int, "random seed of folds, weights and trials (default: 0)"),
            DATA,
            Option("--processes", 1, "number of processes"),
            Option("--storage", str, "database URL (default: SQLite in .studies/tuning/<study>)", {"metavar": "URL"}),
            Option("--grace", 30, "seconds without progress after which a trial fails"),
            Option("--studies", _STUDIES / "tuning", "folder of all studies"),
            Option("--docs", Path, "folder of the report (default: that of the study)"),
            Option("--report", False, "only write the report"),
            Option("--quick", False, "a test run with 600 images, 2 epochs, 2 folds and 6 trials"),
        ],
    ),
}
