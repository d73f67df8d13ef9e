"""Database of studies."""

import time
import warnings
from pathlib import Path
from typing import Any

import sqlalchemy
import sqlalchemy.exc
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback

GRACE = 30  # seconds without a heartbeat after which a trial counts as killed
_RETRIES = 3  # retries of the values of a killed trial
_ATTEMPTS = 5
_PATIENCE = 60  # seconds to wait for the write lock of another process
_WITHOUT_HEARTBEAT = """
SELECT trials.trial_id FROM trials LEFT JOIN trial_heartbeats ON trial_heartbeats.trial_id = trials.trial_id
WHERE trials.study_id = :study AND trials.state = 'RUNNING' AND trial_heartbeats.trial_id IS NULL
"""


def url(path: Path) -> str:
    """Return the address of the SQLite file ``path``, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def connect(address: str, grace: int = GRACE) -> RDBStorage:
    """Open a database, and create its tables if it is new.

    address  SQLAlchemy URL: sqlite:///file.db, postgresql://user:password@host/name, ...
    grace    see GRACE; at least 2 seconds
    Raises ValueError if the database cannot be used.
    """
    if grace < 2:
        raise ValueError(f"grace must be at least 2 seconds, not {grace}")
    try:
        return _opened(address, grace)
    except ImportError as error:
        raise ValueError(f"{_shown(address)} needs its driver: {error.__cause__ or error}") from error
    except (sqlalchemy.exc.SQLAlchemyError, StorageInternalError, RuntimeError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ValueError(f"{_shown(address)} cannot be used: {reason}") from error


def record_missing_heartbeats(storage: RDBStorage, study: int) -> None:
    """Record a heartbeat for each running trial of a study that has none yet.

    Optuna never counts a trial without a heartbeat as stale, and records the first one only after the trial has begun.
    If the process is killed in between, the trial would count as running for ever; with this heartbeat, it is stale
    after the grace period. A living process also records its own heartbeats, so none of its trials becomes stale.
    """
    with storage.engine.begin() as connection:
        trials = connection.execute(sqlalchemy.text(_WITHOUT_HEARTBEAT), {"study": study}).scalars().all()
    for trial in trials:
        storage.record_heartbeat(trial)


def _opened(address: str, grace: int) -> RDBStorage:
    lite = address.startswith("sqlite")
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}} if lite else {"pool_pre_ping": True}
    beat = max(1, grace // 5)
    for left in reversed(range(_ATTEMPTS)):  # retries after another process created the tables
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)  # Optuna calls heartbeats experimental
                retry = RetryHeartbeatStaleTrialCallback(_RETRIES)
                made = RDBStorage(
                    address,
                    options,
                    heartbeat_interval=beat,
                    grace_period=grace,
                    heartbeat_stale_trial_callback=retry,
                )
            break
        except (sqlalchemy.exc.OperationalError, sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError):
            if not left:
                raise
            time.sleep(0.2)
    if lite:
        _whole_transactions(made)
    return made


def _whole_transactions(made: RDBStorage) -> None:
    """Lock SQLite before Optuna reads and changes a trial, so that no other process can change it in between."""
    sqlalchemy.event.listen(made.engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    sqlalchemy.event.listen(made.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    made.engine.dispose()  # closes the connections that were opened before the events


def _shown(address: str) -> str:
    """Return the address without its password."""
    try:
        return sqlalchemy.make_url(address).render_as_string(hide_password=True)
    except sqlalchemy.exc.ArgumentError:
        return "--storage"
