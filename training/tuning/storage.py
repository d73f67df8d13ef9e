"""The database that holds studies."""

import time
import warnings
from pathlib import Path
from typing import Any

import sqlalchemy
import sqlalchemy.exc
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback

GRACE = 30  # seconds without a sign of life after which a trial counts as killed
_RETRIES = 3  # times that a trial's values are tried again after it was killed
_ATTEMPTS = 5
_PATIENCE = 60  # seconds that a process waits for another to finish writing
_WITHOUT_HEARTBEAT = """
SELECT trials.trial_id FROM trials LEFT JOIN trial_heartbeats ON trial_heartbeats.trial_id = trials.trial_id
WHERE trials.study_id = :study AND trials.state = 'RUNNING' AND trial_heartbeats.trial_id IS NULL
"""


def url(path: Path) -> str:
    """Of the SQLite file ``path``; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def connect(address: str, grace: int = GRACE) -> RDBStorage:
    """Open a database, making its tables if it is new.

    address  as SQLAlchemy writes it: sqlite:///file.db, postgresql://user:password@host/name, ...
    grace    seconds, see GRACE; at least 2
    Raises ValueError if it cannot be used.
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

    Optuna never counts a trial without a heartbeat as stale, and the first comes a moment after the trial began. A
    process that is killed in between would leave a trial that seems to run for ever; with a heartbeat it is stale after
    the grace period. A process that lives records its own as well, so no trial of a living process becomes stale.
    """
    with storage.engine.begin() as connection:
        trials = connection.execute(sqlalchemy.text(_WITHOUT_HEARTBEAT), {"study": study}).scalars().all()
    for trial in trials:
        storage.record_heartbeat(trial)


def _opened(address: str, grace: int) -> RDBStorage:
    lite = address.startswith("sqlite")
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}} if lite else {"pool_pre_ping": True}
    beat = max(1, grace // 5)
    for left in reversed(range(_ATTEMPTS)):  # several processes may make the tables at once: the others try again
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats may change with the next version
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
    """Optuna reads a trial's state and then changes it. SQLite would let another process in between; now it waits."""
    sqlalchemy.event.listen(made.engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    sqlalchemy.event.listen(made.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    made.engine.dispose()  # connections that were opened before the events


def _shown(address: str) -> str:
    """Without its password."""
    try:
        return sqlalchemy.make_url(address).render_as_string(hide_password=True)
    except sqlalchemy.exc.ArgumentError:
        return "--storage"
