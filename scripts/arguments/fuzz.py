"""Send random requests, made from docs/openapi.yaml, and write results/fuzz.json.

    scripts/fuzz                                             a TorchServe of its own
    scripts/fuzz --seconds 60 --url https://localhost:8443 --gateway --cacert CERTIFICATE --key KEY

It looks for faults, restarts, and answers that the file does not describe. Those of --url are not looked for restarts.
"""

from pathlib import Path

from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("--seconds", type=int, default=300, help="default: %(default)s")
    parser.add_argument("--url", help="the gateway, or TorchServe's inference address")
    parser.add_argument("--key", help="the key for it")
    parser.add_argument("--gateway", action="store_true", help="the URL is a gateway's, which has more addresses")
    parser.add_argument("--cacert", help="the certificate to trust, PEM")
    parser.add_argument(
        "--out", type=Path, help="where the figures are written (default, without --url: results/fuzz.json)"
    )
