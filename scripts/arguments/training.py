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
        parser.error("--size and --color are for pictures of your own: name their folder with --data")
    if args.resume and args.fresh:
        parser.error("argument --fresh: not allowed with argument --resume")
    args.as_they_are = args.color or args.size not in (None, _SIZES[0])


COMMANDS = {
    "compare": Command(
        """Compare models by cross-validation, or methods of training at equal budget, on the training set alone.

Stopped or killed, the same command continues with what is not recorded yet.""",
        [
            Option("what", "models", "what is compared", {"nargs": "?", "choices": ("models", "methods")}),
            DATA,
            Option("--folds", 5, "of the cross-validation of models"),
            Option("--seed", 0, "draws the folds and the weights"),
            Option("--only", str, "some of the models, e.g. 'MLP 128'", NAMES | {"default": []}),
            Option("--jobs", 1, "processes at once, each on one thread"),
            Option("--quick", False, "600 images and few epochs: to see it work"),
            Option("--results", _STUDIES, "folder of what is done already"),
            Option("--docs", Path, "where the report is written (default: docs; --quick: docs/ in --results)"),
        ],
    ),
    "evaluate": Command(
        "Measure trained bundles on the test set, foreign digits and other images; write model card and pictures.",
        [
            Option(
                "--bundle",
                Path,
                "folders that scripts/train wrote (default: those of bundles/ named default, best and best-seed-*)",
                {"nargs": "+", "metavar": "DIR"},
            ),
            Option("--data", Path, "the data they were trained with (default: MNIST)"),
            Option("--docs", _DOCS, "where model-card.md and images/ are written"),
        ],
    ),
    "faithfulness": Command(
        """Measure whether the explanations of a bundle are faithful to it; write docs/explanations.md and its pictures.

Stopped or killed, the same command continues with what is not explained yet.""",
        [
            Option("--bundle", paths.BUNDLE, "a file of scripts/train"),
            Option("--images", 1000, "test images to explain, 100 or more"),
            Option("--docs", _DOCS, "where explanations.md and images/ go"),
            Option("--results", _STUDIES / "faithfulness", "what is done already"),
        ],
    ),
    "package": Command(
        "Build, seal, prove and sign the archive that TorchServe loads.",
        [
            Option("folder", Path, "an own model: a folder with a model.toml", {"nargs": "?"}),
            Option("--init", False, "write a first model.toml into the folder"),
            Option(
                "--reference",
                Path,
                "training data of an own model, to measure drift against: .npy, .csv, or a folder of images",
                {"metavar": "FILE"},
            ),
            Option("--bundle", paths.BUNDLE, "a trained bundle, or its folder"),
            Option("--model", paths.MODEL, "the package with the model's SPEC"),
            Option("--name", "", "the name it registers as (default: the folder's or the bundle's)"),
            Option("--out", Path, "the archive (default: model_store/NAME.mar)"),
            Option("--version", version.read(), "the version it registers as"),
            Option(
                "--format",
                str,
                f"what runs the network (default: {formats.DEFAULT} for linear layers, else {formats.ANY}); "
                "docs/performance.md compares them",
                {"choices": formats.FORMATS},
            ),
            Option("--if-stale", False, "do nothing if the archive is up to date"),
        ],
        # The lock for packaging. A network from Python code may need further packages.
        lock=lambda args: "onnx" if args.folder or args.init else "train",
    ),
    "train": Command(
        "Train a network and save it with all its figures. Stopped halfway, the same command continues from the last "
        "epoch.",
        [
            Option("--preset", "default", "a table of training/fit/presets.toml, or a file *.toml"),
            Option(
                "--set",
                str,
                "change a field of the preset: optimizer=sgd, hidden=[256,128], augmentation.rotation=5; can be "
                "repeated",
                {"action": "append", "default": [], "metavar": "NAME=VALUE"},
            ),
            DATA,
            Option("--name", str, "of the bundle and of the served model (default for your own classes: the folder's)"),
            Option(
                "--size",
                int,
                "pixels of a side of your own pictures; 32 and 64 leave them as they are but for the size "
                "(default: 28, light strokes on dark, cropped and centred as MNIST's)",
                {"choices": _SIZES},
            ),
            Option("--color", False, "keep the color of your own pictures"),
            Option("--out", Path, "folder for the bundle and its papers (default: bundles/NAME)"),
            Option("--seed", 0, "same seed, same machine, same weights"),
            Option("--epochs", int, "instead of the preset's own number"),
            Option("--if-missing", False, "do nothing if the bundle is there already"),
            Option("--tensorboard", Path, "write the course of the training there", {"metavar": "DIR"}),
            Option("--resume", False, "continue, or fail if there is nothing to continue from"),
            Option("--fresh", False, "start anew even if there is something to continue from"),
        ],
        check=check_train,
    ),
    "tune": Command(
        """Search for better hyperparameters by cross-validation on the training set alone.

Stopped or killed, the same command continues; started twice, both work on the same study. A study that exists continues
as it was made: only its name needs to be given.""",
        [
            Option("--study", "digits", "its name"),
            Option("--trials", int, "finished trials in all, not more (default: 25; grid: all points)"),
            Option("--base", str, "preset that is changed, or a file *.toml of one (default: default)"),
            Option("--space", Path, "what is searched (default: training/tuning/space.toml, or grid.toml)"),
            Option("--sampler", str, "default: tpe", {"choices": ("tpe", "random", "grid")}),
            Option("--pruner", str, "default: median", {"choices": ("median", "hyperband", "none")}),
            Option("--folds", int, "of the cross-validation (default: 3)"),
            Option("--epochs", int, "of every network (default: the preset's)"),
            Option("--images", int, "training images that are used (default: all)"),
            Option("--seed", int, "draws folds, weights and trials (default: 0)"),
            DATA,
            Option("--processes", 1, "at once on this machine"),
            Option("--storage", str, "a database (default: SQLite in .studies/tuning/<study>)", {"metavar": "URL"}),
            Option("--grace", 30, "seconds without a sign of life that end a trial"),
            Option("--studies", _STUDIES / "tuning", "folder of all studies"),
            Option("--docs", Path, "where the report is written (default: beside the study)"),
            Option("--report", False, "only write the report of what is there"),
            Option("--quick", False, "600 images, 2 epochs, 2 folds, 6 trials: to see it work"),
        ],
    ),
}
