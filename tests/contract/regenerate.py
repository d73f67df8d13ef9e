"""Write the golden files, docs/openapi.yaml and the errors of docs/api.md: python -m tests.contract.regenerate

Do it when the contract is meant to change, and read the difference before it is committed: each line of it is
something that a client out there may rely on.
"""

import logging
import tempfile
from pathlib import Path

from tests.contract import errors, golden_files, openapi
from tests.contract.cases import CASES


def main() -> None:
    logging.disable()  # one case is an internal error
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
