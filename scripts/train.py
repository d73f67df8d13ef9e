"""Train a network and save it with all its figures. Stopped halfway, the same command goes on from the last epoch."""

import argparse
import logging
import os
import sys
from pathlib import Path

from _root import ROOT


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="default", help="a table of training/presets.toml (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="your own IDX files, or folders 0 to 9 of images (default: MNIST)")
    parser.add_argument("--out", type=Path, help="folder for the bundle and its papers (default: bundles/<preset>)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same machine, same weights (default: 0)")
    parser.add_argument("--epochs", type=int, help="instead of the preset's own number")
    parser.add_argument("--if-missing", action="store_true", help="do nothing if the bundle is there already")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    out = asked.out or ROOT / "bundles" / asked.preset
    weights = out / "model.safetensors"
    if asked.if_missing and weights.is_file():
        print(f"{weights} is there already")
        return 0
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # Read once, when torch is loaded: threads that wait asleep cost 8 % on an idle machine, but where another program
    # wants a core, threads that spin make the training three times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from training import job
    from training.errors import DataError

    try:
        bundle = job.run(asked.preset, out, own=asked.data, seed=asked.seed, epochs=asked.epochs)
    except (DataError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {out} cannot be written: {error.strerror or error}; choose another --out", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped: the same command goes on from the last whole epoch", file=sys.stderr)
        return 130
    metrics = bundle.metadata.metrics
    print(f"{weights}: {100 * metrics['test_accuracy']:.2f} % of {metrics['test_images']} test images are right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
