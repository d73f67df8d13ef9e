"""Create, list and revoke the keys of clients. A running gateway applies changes immediately."""

import argparse
import csv
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from serving import audit
from serving.errors import UserError
from serving.gateway import clients, gateway, quotas
from serving.gateway.clients import Client
from serving.gateway.haproxy import FOLDER
from serving.gateway.usage import Account, Usage
from serving.node import deployment, folder


def run(args: argparse.Namespace) -> None:
    folder.check(args.directory, "scripts/clients")
    file, running = gateway.clients_file(args.directory), gateway.find_running(args.directory)
    try:
        if args.verb == "list":
            show(file)
            return
        if args.verb == "usage":
            show_usage(Account.of(args.directory / FOLDER).lines(), as_csv=args.csv)
            return
        if args.verb == "add":
            add(file, args)
            audit.record(args.directory, "add client key", client=args.name)
        elif revoked := clients.revoke(file, args.name):
            audit.record(args.directory, "revoke client keys", client=args.name, keys=revoked)
            print(f"{args.name}: {revoked} {'key' if revoked == 1 else 'keys'} revoked")
        else:
            raise UserError(f"unknown client {args.name}; scripts/clients list shows all")
        if running:
            running.refresh()
    except ValueError as error:
        raise UserError(str(error)) from error


def add(file: Path, args: argparse.Namespace) -> None:
    """Print a new key, and report changes of the limits of the client's other keys."""
    known = [client for client in clients.read(file).values() if client.name == args.name]
    usual = known[-1] if known else Client(args.name)
    limits = {
        name: getattr(usual, name) if getattr(args, name) is None else getattr(args, name) for name in quotas.LIMITS
    }
    scopes, expires = tuple(args.scopes.split(",")), clients.in_days(args.days)
    models = tuple(args.models.split(",")) if args.models else ()
    unserved = [model for model in models if not deployment.read(args.directory, model)]
    print(clients.add(file, Client(args.name, scopes, expires=expires, models=models, **limits)))
    for model in unserved:
        print(f"{model} is not served yet; the key opens it once it is", file=sys.stderr)
    for name, limit in limits.items():
        if others := sorted({getattr(client, name) for client in known} - {limit}):
            was = ", ".join(map(str, others))
            print(f"all keys of {args.name} have {name} {limit} from now on; it was {was}", file=sys.stderr)


def show(file: Path) -> None:
    registered = clients.read(file)
    if not registered:
        print("no client has a key yet: scripts/clients add NAME makes one", file=sys.stderr)
    for client in registered.values():
        until = f"{'expired' if client.expired else 'until'} {datetime.fromtimestamp(client.expires, UTC):%Y-%m-%d}"
        at_once = f"{client.concurrent}, {client.explanations}, {client.heavy} at once"
        models = ",".join(client.models) or "all models"
        periods = {"day": client.per_day, "month": client.per_month}
        left = "".join(f"  {count}/{period}" for period, count in periods.items() if count)
        limits = f"{client.rate:>8}/s  {at_once:20}"
        print(f"{client.name:24} {','.join(client.scopes):16} {limits}  {until}  {models}{left}")


def show_usage(usages: Sequence[Usage], as_csv: bool) -> None:
    if as_csv:
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(Usage._fields)
        rows.writerows(usages)
        return
    if not usages:
        print("no request was counted yet", file=sys.stderr)
        return
    names = (name.replace("_", " ") for name in Usage._fields[3:])
    print(f"{'day':12}{'client':24} {'model':24}", *(f"{name:>13}" for name in names))
    for used in usages:
        print(f"{used.day:12}{used.client:24} {used.model:24}", *(f"{count:>13,}" for count in used[3:]))
