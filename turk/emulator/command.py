"""turk emulate: the platforms on this machine."""

from __future__ import annotations

import threading
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from evalsuite.errors import UserError
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.faults import KINDS, read_script
from turk.emulator.serving import is_loopback

PORT = click.IntRange(0, 65535)
FAULT_HELP = "\n".join(f"  {kind:24}{text}" for kind, text in KINDS.items())
EPILOG = f"""\b
A script of faults is a JSON file:
  {{"seed": 7, "rules": [{{"kind": "throttle", "on": "Create*", "rate": 0.2}},
                       {{"kind": "error_after", "on": "SendBonus", "times": [1]}}]}}
`on` is a pattern of operations, events, or ids of HITs or studies; `rate` a share of them, `times` which of them,
`limit` how many at most. Kinds:
{FAULT_HELP}"""


@click.command("emulate", epilog=EPILOG)
@click.option("--mturk-port", type=PORT, default=0, help="Port of the MTurk API (0: a free one).")
@click.option("--worker-port", type=PORT, default=0, help="Port of MTurk's worker's site (0: a free one).")
@click.option("--prolific-port", type=PORT, default=0, help="Port of the Prolific API (0: a free one).")
@click.option("--participant-port", type=PORT, default=0, help="Port of Prolific's participant's site (0: a free one).")
@click.option("--site-host", default="localhost", help="Name of this machine in the addresses of the people's sites.")
@click.option("--balance", default="10000", help="Dollars in each new requester's account, and in the workspace.")
@click.option("--access-key", help="Check MTurk's signatures: only this access key ...")
@click.option("--secret-key", help="... with this secret may call the API.")
@click.option("--token", help="Only this token may call the Prolific API.")
@click.option("--faults", type=click.Path(path_type=Path), help="A script of faults; see below.")
@click.option(
    "--seed", type=int, help="Makes identifiers and faults come out the same again; goes before the script's."
)
@click.option("--frozen", is_flag=True, help="Let the clock stand still except when it is put forward.")
def command(
    mturk_port: int,
    worker_port: int,
    prolific_port: int,
    participant_port: int,
    site_host: str,
    balance: str,
    access_key: str | None,
    secret_key: str | None,
    token: str | None,
    faults: Path | None,
    seed: int | None,
    frozen: bool,
) -> None:
    """Rehearse on this machine: servers that speak the APIs of MTurk and Prolific, and the sites of their people.

    Everything is in memory and ends with the command (Ctrl-C); nothing is reachable from other machines.

    \b
    Example:
      turk emulate --mturk-port 8001 --worker-port 8002 --balance 100
    """
    rules, fault_seed = read_script(faults, seed) if faults else ((), seed or 0)
    if not is_loopback(site_host):
        raise UserError(f"--site-host: a name of this machine, such as localhost or 127.0.0.1; got {site_host}.")
    settings = Settings(
        mturk_port=mturk_port,
        worker_port=worker_port,
        prolific_port=prolific_port,
        participant_port=participant_port,
        site_host=site_host,
        balance=_dollars(balance),
        credentials=_credentials(access_key, secret_key),
        prolific_token=token,
        seed=seed or 0,
        rules=rules,
        fault_seed=fault_seed,
        frozen=frozen,
    )
    with Emulator(settings) as emulator:
        click.echo(describe(emulator))
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


def describe(emulator: Emulator) -> str:
    """Say where everything is, and how programs get there."""
    api, token = f"{emulator.prolific_url}/api/v1/", "YOURS" if emulator.settings.prolific_token else "LOCAL"
    return f"""MTurk API             {emulator.endpoint_url}
  worker's site       {emulator.worker_site_url}
  overview            {emulator.endpoint_url}/_emulator/
Prolific API          {api}
  participant's site  {emulator.participant_site_url}
  overview            {emulator.prolific_url}/_emulator/

  import boto3
  mturk = boto3.client("mturk", endpoint_url="{emulator.endpoint_url}", region_name="us-east-1",
                       aws_access_key_id="LOCAL", aws_secret_access_key="LOCAL")
  print(mturk.get_account_balance()["AvailableBalance"])

  curl -H "Authorization: Token {token}" {api}workspaces/

Ctrl-C ends it; nothing is kept."""


def _dollars(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise UserError(f"--balance: an amount in dollars such as 10000 or 12.50; got {text}.") from error
    if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.01")):
        raise UserError(f"--balance: dollars from 0, in whole cents; got {text}.")
    return amount.quantize(Decimal("0.01"))


def _credentials(access_key: str | None, secret_key: str | None) -> dict[str, str] | None:
    if access_key and secret_key:
        return {access_key: secret_key}
    if access_key or secret_key:
        raise UserError("--access-key and --secret-key: give both, or none to let any key in.")
    return None
