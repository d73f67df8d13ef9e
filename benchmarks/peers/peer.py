"""Peer: a contender that runs another server in its own environment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contender import Contender, Role
from benchmarks.peers.environment import Environment
from benchmarks.peers.launch import Launch, RunningPeer, scratch_folder
from serving.paths import ROOT
from serving.torchserve import ports

FOLDER = Path(__file__).parent
_PORTS = 3  # largest number of ports that a peer needs


@dataclass(frozen=True, kw_only=True)
class Peer(Contender):
    """Peer of this service.

    folder     benchmarks/peers/<folder> has its server.py and its lock
    packages   packages whose versions are reported
    command    arguments for the Python of its environment; {ports[0]}, {folder} and {scratch} are replaced
    variables  additional environment variables, with the same replacements
    parts      text in the command line of a process -> part; otherwise the first process is "server", others "worker"
    """

    role: Role = Role.PEER
    folder: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        return Environment(ROOT / ".venv-bench" / self.folder, FOLDER / self.folder / "requirements.txt")

    def prepare(self) -> None:
        self.environment.prepare()

    def versions(self) -> Mapping[str, str]:
        return self.environment.versions((*self.packages, "torch"))

    @contextmanager
    def running(self, directory: Path) -> Iterator[RunningPeer]:
        """Run the peer while the block runs. Raises PeerError without right answers in two minutes."""
        with scratch_folder() as scratch, self.launch(scratch).running(directory, scratch) as service:
            yield service

    def launch(self, scratch: Path) -> Launch:
        free = ports.free(_PORTS)

        def fill(text: str) -> str:
            return text.format(ports=free, folder=FOLDER / self.folder, scratch=scratch)

        command = [str(self.environment.python), *map(fill, self.command)]
        variables = {name: fill(value) for name, value in self.variables.items()}
        return Launch(command, free[0], self.routes, variables, self.parts)
