"""Compare models by cross-validation, or training methods at equal budget, on the training set."""

import argparse
import shlex
import sys
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from scripts.computing import computing
from serving.errors import UserError
from serving.paths import ROOT

if TYPE_CHECKING:
    from training.selection import method_comparison, model_comparison
    from training.selection.runner import JobRunner

RESUME = "the same command continues with what is not recorded yet"


@computing()
def run(args: argparse.Namespace) -> None:
    from training.data.parts import prepare
    from training.digits import data
    from training.reports import folders
    from training.selection import training_images
    from training.selection.conditions import Conditions
    from training.selection.record import Store
    from training.selection.runner import JobRunner
    from training.selection.training_images import TrainingImages

    parts = prepare(data.read(args.data))
    images = TrainingImages(parts.train, parts.validation)
    if args.quick:
        images = training_images.quick(images)
    runner = JobRunner(images, Store(args.results / args.what), args.jobs)
    try:
        comparison = (_models if args.what == "models" else _methods)(args, runner)
    except BrokenProcessPool as error:
        raise UserError("a process was killed, perhaps because memory ran out: use fewer --jobs") from error
    docs = args.docs or (args.results if args.quick else ROOT) / "docs"
    source = "of your own training images" if args.data else "of MNIST's training images"
    command = shlex.join(["scripts/compare", *sys.argv[1:]])
    comparison.write(Conditions(command, source, args.jobs), docs)
    print(comparison.table)
    print(
        f"written: {docs}/{comparison.name}.md, {docs}/images/{comparison.name}.png, "
        f"{folders.results(docs)}/{comparison.name}.json"
    )


def _models(args: argparse.Namespace, runner: "JobRunner") -> "model_comparison.ModelComparison":
    from training.selection import candidates, model_comparison

    chosen = candidates.chosen(candidates.table(quick=args.quick), args.only)
    return model_comparison.compare(chosen, runner, args.folds, args.seed)


def _methods(args: argparse.Namespace, runner: "JobRunner") -> "method_comparison.MethodComparison":
    from training.selection import method_comparison

    if args.only:
        raise ValueError("--only is for models, not for methods")
    return method_comparison.compare(runner, args.seed, quick=args.quick)
