"""Settings of a gateway."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from serving.torchserve import properties
from serving.torchserve.properties import SettingsError

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?|\*")


@dataclass(frozen=True)
class Settings:
    """Settings of a gateway; config.properties explains each one.

    bind                host:port that clients connect to
    tls                 true for TLS between clients and the gateway
    certificate         PEM file with chain and key; None for a self-signed one
    clients             map file of the clients (``clients.py``); None for the one in the run folder
    metrics             host:port of HAProxy's own counters
    inference, health   host:port of TorchServe's inference API, and of the supervisor's endpoint
    behind_gateway      true if TorchServe listens at a socket, and the gateway at ``inference``
    patience            milliseconds that a request waits while no worker is ready
    log                 ``errors`` or ``all``
    playground          host:port of the page to publish; empty for none
    grpc                true to answer gRPC
    origins             origins of web pages that may send requests; ("*",) for all, empty for none
    hosts               host names of the page
    source_*            limits of one address: concurrent connections, new ones per second, failed authentications and
                        requests without a key in 10 s
    body_seconds        time limit of a body that does not fit into a buffer, and of its answer
    upload_rate         MB per second and core of all bodies over 1 MiB
    memory              MiB of address space
    threads             number of HAProxy's threads
    """

    bind: str
    tls: bool
    certificate: Path | None
    clients: Path | None
    metrics: str
    inference: str
    behind_gateway: bool
    health: str
    patience: int
    log: str
    playground: str
    grpc: bool
    origins: tuple[str, ...]
    hosts: tuple[str, ...]
    source_connections: int
    source_connection_rate: int
    source_failures: int
    source_requests: int
    body_seconds: int
    upload_rate: int
    memory: int
    threads: int

    @classmethod
    def of(cls, settings: Mapping[str, str], behind_gateway: bool = False) -> Self:
        """Parse the settings of config.properties. Raises SettingsError for missing or invalid settings."""
        try:
            return cls._of(settings, behind_gateway)
        except KeyError as error:
            raise SettingsError(f"config.properties has no {error.args[0]}: add it") from error

    @classmethod
    def _of(cls, settings: Mapping[str, str], behind_gateway: bool) -> Self:
        scheme, _, bind = settings["gateway_address"].partition("://")
        certificate, callers = settings["gateway_certificate"], settings["gateway_clients"]
        if scheme not in ("https", "http"):
            raise SettingsError(f"gateway_address begins with https:// or http://, not {scheme}")
        return cls(
            bind=bind,
            tls=scheme == "https",
            certificate=Path(certificate).resolve() if certificate else None,
            clients=Path(callers).resolve() if callers else None,
            metrics=settings["gateway_metrics_address"].removeprefix("http://"),
            inference=settings["inference_address"].removeprefix("http://"),
            behind_gateway=behind_gateway,
            health=settings["health_address"].removeprefix("http://"),
            log=settings["gateway_log"],
            playground=settings["gateway_playground"].removeprefix("http://"),
            grpc=properties.flag(settings, "gateway_grpc"),
            origins=_origins(settings["gateway_cors_origins"]),
            hosts=tuple(settings["gateway_hosts"].replace(",", " ").split()),
            **{name: properties.number(settings, f"gateway_{name}") for name in NUMBERS},
        )


NUMBERS = tuple(entry.name for entry in fields(Settings) if entry.type is int)


def _origins(setting: str) -> tuple[str, ...]:
    """Parse the origins of a setting. Raises SettingsError."""
    origins = tuple(setting.replace(",", " ").split())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin) or (origin == "*" and len(origins) > 1):
            wanted = "https://host or https://host:port, in lower case and without a path, or * alone"
            raise SettingsError(f"gateway_cors_origins has {origin}: write {wanted}")
    return origins
