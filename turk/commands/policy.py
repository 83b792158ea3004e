"""turk policy"""

from __future__ import annotations

import json

import click

from turk.hosting import read_place
from turk.policy import policy


@click.command("policy")
@click.option("--on", "place", metavar="s3://BUCKET/PREFIX", help="Where `turk host` puts stimuli, if it does.")
def command(place: str | None) -> None:
    """Print the smallest IAM policy with which `turk` can recruit through MTurk, and host stimuli on S3.

    Give it to a user or role of its own, and that one's credentials to the commands: launch, sync, pay, stop, close and
    host. The site needs none.

    \b
    Example:
      turk policy > policy.json
      turk policy --on s3://my-bucket/street
    """
    click.echo(json.dumps(policy(*read_place(place)) if place else policy(), indent=2))
