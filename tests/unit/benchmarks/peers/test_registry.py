"""The registry of other servers: each has one name and pinned versions, and starts with given ports and folders."""

import re

import pytest

from benchmarks.peers import registry
from benchmarks.peers.peer import FOLDER, Peer

CONTENDERS = registry.contenders()
PEERS = [contender for contender in CONTENDERS if isinstance(contender, Peer)]


def test_names_are_unique() -> None:
    assert len({contender.name for contender in CONTENDERS}) == len(CONTENDERS)


def test_each_folder_with_a_lock_belongs_to_a_peer() -> None:
    locked = {lock.parent.name for lock in FOLDER.glob("*/requirements.txt")}
    assert locked == {peer.folder for peer in PEERS}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_lock_pins_what_is_asked_for_with_hashes(peer: Peer) -> None:
    lock = peer.environment.lock.read_text()
    requirements = re.findall(r"^[a-z]+", peer.environment.lock.with_suffix(".in").read_text(), re.MULTILINE)
    pinned = dict.fromkeys(re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==", lock, re.MULTILINE))
    assert set(requirements) <= set(pinned)
    assert set(peer.packages) <= set(pinned)
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert "://" not in lock


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_launch_fills_every_blank(peer: Peer) -> None:
    launch = peer.launch(FOLDER)
    filled = " ".join([*launch.command, *launch.variables.values()])
    assert not set("{}") & set(filled)
    assert str(launch.port) in filled
    assert set(launch.routes) == set(peer.routes)
