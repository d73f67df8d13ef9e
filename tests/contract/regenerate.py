"""Write the golden files, docs/openapi.yaml and the errors of docs/api.md: python -m tests.contract.regenerate

Run it after an intended change of the contract, and read the difference before you commit it: clients may rely on
each line of it.
"""

import logging
import tempfile
from pathlib import Path

from tests.contract import errors, golden_files, openapi
from tests.contract.cases import CASES


def main() -> None:
    logging.disable()  # one case causes an internal error
    for file in golden_files.FOLDER.iterdir():
        file.unlink()
    with tempfile.TemporaryDirectory() as directory:
        worker = golden_files.worker(Path(directory))
        for name, sent in CASES.items():
            golden_files.write(name, sent, golden_files.answered(worker, name, sent))
    openapi.COPY.write_bytes(openapi.copy())
    errors.PAGE.write_text(errors.written(errors.PAGE.read_text()))


if __name__ == "__main__":
    main()
