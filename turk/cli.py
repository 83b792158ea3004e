"""The command `turk`."""

from __future__ import annotations

import click

from evalsuite.groups import CONTEXT, LazyGroup, run_group

COMMANDS = {
    "plan": ("turk.commands.plan", "From an effect and a budget to people, trials, dollars and hours."),
    "build": ("turk.commands.build", "Freeze a study: stimuli, rules and analysis, under one hash."),
    "audit": ("turk.commands.audit", "Show that nothing but pixels tells a real photo from a fake."),
    "host": ("turk.commands.host", "Let browsers fetch a study's images from S3."),
    "policy": ("turk.commands.policy", "Print the smallest IAM policy for MTurk and S3."),
    "launch": ("turk.commands.launch", "Open a study to people."),
    "status": ("turk.commands.status", "Show how far a study is."),
    "extend": ("turk.commands.extend", "Ask for the people who are still missing."),
    "listen": ("turk.commands.listen", "Have a recruiter tell our site when something happens."),
    "sync": ("turk.commands.sync", "Settle a study by the recruiter's own list."),
    "pay": ("turk.commands.pay", "Pay everyone whom the study's rule pays, up to the wage floor."),
    "decide": ("turk.commands.decide", "Approve or reject one person's work, with a reason."),
    "message": ("turk.commands.message", "Write to people through their recruiter, once."),
    "stop": ("turk.commands.stop", "End all spending at once, and let nobody new in."),
    "close": ("turk.commands.close", "Close a study for good."),
    "simulate": ("turk.commands.simulate", "Let synthetic participants take a study through HTTP."),
    "analyze": ("turk.commands.analyze", "Print fool rates with intervals, differences and tests."),
    "agree": ("turk.commands.agree", "Hold metrics against people."),
    "collect": ("turk.commands.collect", "Write what people colored, for scores and for others to judge."),
    "export": ("turk.commands.export", "Write the answers as tidy tables with a codebook."),
    "rehearse": ("turk.commands.rehearse", "Rehearse a whole study on this machine, to the last cent."),
    "emulate": ("turk.emulator.command", "Emulate the recruiters on this machine."),
    "forget": ("turk.commands.forget", "Delete what is kept of a participant."),
}


@click.group(cls=LazyGroup, modules=COMMANDS, context_settings=CONTEXT)
@click.version_option(package_name="colorization-evalsuite")
def group() -> None:
    """Ask people which photo is real: from colorizations to fool rates with honest intervals.

    \b
    Example:
      turk build study.yaml
      turk simulate street-2026 --n 80
      turk analyze street-2026 --synthetic
    """


def main() -> None:
    """Run the program."""
    run_group(group, "turk")


if __name__ == "__main__":
    main()
