"""The database that holds studies."""

import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

GRACE = 30  # seconds without a sign of life after which a trial counts as killed
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


def connect(address: str, grace: int = GRACE) -> "RDBStorage":
    """Open a database, making its tables if it is new.

    address  as SQLAlchemy writes it: sqlite:///file.db, postgresql://user:password@host/name, ...
    grace    seconds, see GRACE; at least 2
    Raises ValueError if it cannot be used.
    """
    import sqlalchemy.exc
    from optuna.exceptions import StorageInternalError

    if grace < 2:
        raise ValueError(f"grace must be at least 2 seconds, not {grace}")
    try:
        return _opened(address, grace)
    except ImportError as error:
        raise ValueError(f"{_shown(address)} needs its driver: {error.__cause__ or error}") from error
    except (sqlalchemy.exc.SQLAlchemyError, StorageInternalError, RuntimeError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ValueError(f"{_shown(address)} cannot be used: {reason}") from error


def record_missing_heartbeats(storage: "RDBStorage", study: int) -> None:
    """Record a heartbeat for each running trial of a study that has none yet.

    Optuna never counts a trial without a heartbeat as stale, and the first comes a moment after the trial began. A
    process that is killed in between would leave a trial that seems to run for ever; with a heartbeat it is stale after
    the grace period. A process that lives records its own as well, so no trial of a living process becomes stale.
    """
    import sqlalchemy

    with storage.engine.begin() as connection:
        trials = connection.execute(sqlalchemy.text(_WITHOUT_HEARTBEAT), {"study": study}).scalars().all()
    for trial in trials:
        storage.record_heartbeat(trial)


def _opened(address: str, grace: int) -> "RDBStorage":
    """Several processes may find it without tables at once: only one makes them, the others try again."""
    import sqlalchemy.exc

    for attempt in range(_ATTEMPTS):
        try:
            return _storage(address, grace)
        except (sqlalchemy.exc.OperationalError, sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError):
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.2)
    raise AssertionError


def _storage(address: str, grace: int) -> "RDBStorage":
    from optuna.exceptions import ExperimentalWarning
    from optuna.storages import RDBStorage

    lite = address.startswith("sqlite")
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}} if lite else {"pool_pre_ping": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # its heartbeat may change with the next version
        made = RDBStorage(address, options, heartbeat_interval=max(1, grace // 5), grace_period=grace)
    if lite:
        _whole_transactions(made)
    return made


def _whole_transactions(made: "RDBStorage") -> None:
    """Optuna reads a trial's state and then changes it. SQLite would let another process in between; now it waits."""
    from sqlalchemy import event

    event.listen(made.engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(made.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    made.engine.dispose()  # connections that were opened before the events


def _shown(address: str) -> str:
    """Without its password."""
    import sqlalchemy

    try:
        return sqlalchemy.make_url(address).render_as_string(hide_password=True)
    except sqlalchemy.exc.ArgumentError:
        return "--storage"
