"""Commands that use a node, as scripts/up shows them at its end."""

from pathlib import Path

from scripts.output import shown
from scripts.starting.samples import probed, samples
from serving import paths
from serving.gateway.gateway import Gateway
from serving.torchserve import registrations, server
from serving.torchserve.server import Server


def show(directory: Path, running: Server) -> None:
    sample, explainer = shown(samples(directory).png), registrations.EXPLAINER.name
    with running.manage() as management:
        keys = management.keys
    print(
        f"""
{probed(directory, running)}

    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/predictions/digits
    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/explanations/{explainer}
    curl -H "Authorization: Bearer {keys.management.value}" {running.management}/models/digits

Both keys expire; eval "$(scripts/keys{option(directory)})" renews them.
scripts/down{option(directory)} stops the server."""
    )


def show_gateway(directory: Path, door: Gateway) -> None:
    sample, certificate = shown(samples(directory).png), shown(door.certificate)
    running = server.find(directory)
    assert running
    print(
        f"""
{probed(directory, running)}
Through the gateway, with a key of your own:

    KEY=$(scripts/clients{option(directory)} add me)
    curl --cacert {certificate} -H "Authorization: Bearer $KEY" -T {sample} {door.url}/predictions/digits

{shown(directory)}/logs/supervisor.log tells what happens to it.
scripts/down{option(directory)} lets it finish and stops it."""
    )


def option(directory: Path) -> str:
    """Return the option by which other commands find the node."""
    return "" if directory == paths.RUN else f" --directory {shown(directory)}"
