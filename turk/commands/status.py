"""turk status"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from turk.money import Money, money_lines, money_of
from turk.standing import Standing, Timing, standing_of
from turk.studies import find_study
from turk.sweeping import sweep
from turk.tables import DecisionRow, StudyRow

RATES_SHOWN = 4


@click.command("status")
@click.argument("name", required=False)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str | None, style: str, url: str | None) -> None:
    """Show how far a study is: places, sessions, answers, their quality and money, but not how conditions fare.

    Without a name, all studies are listed. Places of abandoned sessions are given back first.

    \b
    Example:
      turk status
      turk status street-2026
      turk status street-2026 --format json
    """
    engine = make_engine(url or default_url())
    upgrade(engine)
    sweep(engine)
    with session_scope(engine, read_only=True) as session:
        if name is None:
            lines = list(_listed(session))
        else:
            row = find_study(session, name)
            parts = {who: standing_of(session, row, synthetic=who == "synthetic") for who in ("people", "synthetic")}
            money = money_of(session, row)
            lines = [_as_json(row, parts, money)] if style == "json" else list(_told(session, row, parts, money))
    click.echo("\n".join(lines))


def _listed(session: Session) -> Iterator[str]:
    rows = session.scalars(select(StudyRow).order_by(StudyRow.id.desc())).all()
    width = max((len(row.name) for row in rows), default=0)
    yield from (f"{row.name:{width}}  {row.state:6}  {row.protocol}, {row.recruiter}" for row in rows)
    if not rows:
        yield "no study yet. Build one with `turk build study.yaml`."


def _as_json(row: StudyRow, parts: Mapping[str, Standing], money: Money | None) -> str:
    known = {"study": row.name, "state": row.state, "hash": row.sha256, "audit": row.audit}
    known["money"] = None if money is None else money.to_json()
    return json.dumps({**known, **{who: part.to_json() for who, part in parts.items()}}, indent=1)


def _told(session: Session, row: StudyRow, parts: Mapping[str, Standing], money: Money | None) -> Iterator[str]:
    yield f"{row.name}: {row.state} ({row.protocol}, {row.recruiter})"
    yield f"  hash      {row.sha256}"
    yield f"  audit     {_audit(row)}"
    for who, part in parts.items():
        if who == "people" or part.sessions:
            yield ""
            yield f"{who.capitalize()}{' (never mixed with people)' if who == 'synthetic' else ''}"
            yield from (f"  {line}" for line in _part(part))
    if money is not None:
        yield ""
        yield "Money"
        yield from (f"  {line}" for line in money_lines(money))
    decisions = session.scalars(
        select(DecisionRow).where(DecisionRow.study_id == row.id).order_by(DecisionRow.id)
    ).all()
    if decisions:
        yield ""
        yield "Decisions"
        yield from (f"  {one.at:%Y-%m-%d %H:%M} UTC  {one.kind} by {one.by}: {one.reason}" for one in decisions)


def _audit(row: StudyRow) -> str:
    audit = row.audit
    if not audit or audit.get("sha256") != row.sha256:
        return f"not yet; give `turk audit {row.name}`"
    if "faults" in audit:
        return f"passed, {audit['images']} images are gray" if audit["passed"] else f"failed: {audit['faults'][0]}"
    return f"{'passed' if audit['passed'] else 'failed'}, AUC {audit['auc']:.3f} (at most {audit['limit']})"


def _part(part: Standing) -> Iterator[str]:
    for arm, states in part.places.items():
        yield f"places    {arm}: " + ", ".join(f"{count} {state}" for state, count in states.items())
    if not part.places:
        yield "places    none before `turk launch`"
    yield "sessions  " + (_counts(part.sessions) or "none")
    if not part.sessions:
        return
    yield "answers   " + (_counts(part.answers) or "none")
    if part.timing is not None:
        yield f"timing    {_timing(part.timing)}"
    if part.catch_right is not None and part.catch_right[1]:
        right, shown = part.catch_right
        yield f"catch     {right} of {shown} right ({right / shown:.0%})"
    if part.minutes is not None:
        yield f"duration  {part.minutes:g} minutes of trials, in the median"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _timing(timing: Timing) -> str:
    total = timing.valid + timing.invalid
    text = f"{timing.valid} of {total} as planned ({timing.valid / total:.1%})"
    if timing.error_ms is not None:
        text += f", off by {timing.error_ms:g} ms in the median"
    rates = [f"{hz} Hz {count / total:.0%}" for hz, count in list(timing.refresh_hz.items())[:RATES_SHOWN]]
    return f"{text}; {', '.join(rates)}" if rates else text
