"""What participants read: templates by locale, a researcher's own over ours, filled with a study's facts."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from evalsuite.errors import UserError
from turk.lines import Entry, nearest, read_lines
from turk.study import AnyProtocol, Coloring, Plan, Screen, Study, Task

FOLDER = Path(__file__).with_name("texts")
SHIPPED = ("en", "de", "es", "zh")
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
FACTS = ("minutes", "trials", "practice", "seconds", "reward", "contact")
PARTS = ("amount", "pay", "task", "viewing", "answering", "rounds", "ended", "advice", "purpose", "stored")
OPEN_KEYS = ("question_", "task_", "choice_", "truth_")
"""How keys begin that a protocol may add to."""
CONSENT = ("consent_title", "consent_text", "consent_agree", "consent_decline")
READING_S = 120
ANSWER_MS = 2000
"""What an answer takes, about: a trial of the original study is 5 s long, its exposures 3 s."""
BETWEEN_S = 8
"""Between two photos that are colored."""


@dataclass(frozen=True, slots=True)
class Session:
    """What texts say of a session: what its trials ask.

    Attributes:
        screens: One per trial, in order; none where people color.
        practice: How many of them are for practice.
        reward_usd: What a participant is paid.
        contact: To whom one can write; "" for nobody.
        tasks: One per photo that is colored, in order; none where people judge.
    """

    screens: tuple[Screen, ...]
    practice: int
    reward_usd: Decimal
    contact: str
    tasks: tuple[Task, ...] = ()

    @property
    def minutes(self) -> int:
        """How long it takes, rounded up."""
        trials_s = sum(screen.shortest_ms + ANSWER_MS for screen in self.screens) / 1000
        trials_s += sum(task.seconds + BETWEEN_S for task in self.tasks)
        return -(-(round(trials_s) + READING_S) // 60)


def session_of(study: Study, protocol: AnyProtocol, plan: Plan) -> Session:
    """Make a study's session for its texts from a plan."""
    practice = sum(trial.kind == "practice" for trial in plan.trials)
    contact = str(study.settings.get("contact", ""))
    if isinstance(protocol, Coloring):
        tasks = tuple(protocol.task(trial, study.parameters) for trial in plan.trials)
        return Session((), practice, study.reward_usd, contact, tasks)
    screens = tuple(protocol.screen(trial, study.parameters) for trial in plan.trials)
    return Session(screens, practice, study.reward_usd, contact)


def own_texts(own: Path) -> dict[str, dict[str, Entry]]:
    """Read a researcher's LOCALE.yaml or a folder of such files: locale to key to entry.

    Raises:
        UserError: There is none, it is called otherwise, or it is no YAML.
    """
    files = sorted(own.glob("*.yaml")) if own.is_dir() else [own]
    if not files:
        raise UserError(f"{own}: there is no text in this folder. Put en.yaml or another language's file into it.")
    for file in files:
        if not LOCALE.fullmatch(file.stem):
            raise UserError(f"{file}: a file of texts is called by its language, such as en.yaml. Rename it.")
    return {file.stem: read_lines(file).mapping() for file in files}


def read_templates(
    own: Mapping[str, Mapping[str, Entry]] | None = None, locales: Sequence[str] = ()
) -> dict[str, dict[str, str]]:
    """Read the templates of a study.

    Args:
        own: A researcher's texts, which are put over ours: locale to key to entry.
        locales: Which languages are offered, the first by default; where there are none, those of `own`, or else ours.

    Returns:
        Locale to key to template.

    Raises:
        UserError: A key or placeholder is wrong, with the line; or a language lacks texts.
    """
    own = own or {}
    ours = _shipped()
    found = {}
    for locale in locales or list(own) or SHIPPED:
        entries = {**ours.get(locale, {}), **own.get(locale, {})}
        _check_complete(locale, entries, ours["en"])
        for key, entry in entries.items():
            _check(key, entry, ours["en"])
        found[locale] = {key: _tidy(entry.text()) for key, entry in entries.items()}
    return found


def filled(templates: Mapping[str, Mapping[str, str]], session: Session) -> dict[str, dict[str, str]]:
    """Fill templates with a study's facts; `consent_version` is added, the hash of what consent is given to.

    Raises:
        UserError: A question, choice or truth of the protocol has no text.
    """
    return {locale: _filled(locale, texts, session) for locale, texts in templates.items()}


def _filled(locale: str, texts: Mapping[str, str], session: Session) -> dict[str, str]:
    _check_asked(locale, texts, session.screens)
    facts = _facts(texts, session)
    parts = {part: _fill(texts[key], facts) for part, key in _parts(session).items()}
    whole = {key: _fill(text, {**facts, **parts}) for key, text in texts.items()}
    consent = "\0".join(whole[key] for key in CONSENT)
    return {**whole, "consent_version": hashlib.sha256(consent.encode()).hexdigest()[:12]}


def _facts(texts: Mapping[str, str], session: Session) -> dict[str, str]:
    def number(value: Decimal) -> str:
        return str(value).replace(".", texts["decimal_sign"])

    lasts_ms = session.tasks[-1].seconds * 1000 if session.tasks else session.screens[-1].exposure_ms or 0
    seconds = Decimal(lasts_ms) / 1000
    unit, amount = ("minute", seconds / 60) if session.tasks and not seconds % 60 else ("seconds", seconds)
    key = f"{unit}_{'one' if amount == 1 else 'many'}"
    return {
        "minutes": str(session.minutes),
        "trials": str(len(session.screens) + len(session.tasks)),
        "practice": str(session.practice),
        "seconds": _fill(texts[key], {"number": number(amount)}),
        "reward": _fill(texts["reward_usd"], {"number": number(session.reward_usd)}),
        "contact": session.contact or texts["contact_unknown"],
    }


def _parts(session: Session) -> dict[str, str]:
    """The keys of the texts that {amount} and so on stand for."""
    pay = {"pay": "pay_paid" if session.reward_usd else "pay_unpaid"}
    kind = "coloring" if session.tasks else "judging"
    about = {part: f"{part}_{kind}" for part in ("advice", "purpose", "stored")}
    asked = _coloring_parts(session) if session.tasks else _judging_parts(session)
    return {**pay, **about, **asked}


def _coloring_parts(session: Session) -> dict[str, str]:
    rounds = {0: "without_tutorial", 1: "with_tutorial_one"}.get(session.practice, "with_tutorial")
    keys = ("task", "viewing", "answering")
    asked = {key: f"{key}_coloring" for key in keys}
    return {"amount": "amount_colorings", "rounds": f"rounds_{rounds}", "ended": "ended_with_warm_up", **asked}


def _judging_parts(session: Session) -> dict[str, str]:
    screen, first = session.screens[-1], session.screens[0]
    pair = len(screen.order) > 1
    viewing = "viewing_single" if not pair else f"viewing_{screen.layout}"
    rounds = "without_practice" if not session.practice else "with_practice" if first.feedback else "with_warm_up"
    return {
        "amount": "amount_pairs" if pair else "amount_singles",
        "task": f"task_{screen.question}",
        "viewing": viewing if screen.exposure_ms is not None else f"{viewing}_unlimited",
        "answering": f"answering_{screen.points}",
        "rounds": f"rounds_{rounds}",
        "ended": "ended_with_practice" if rounds == "with_practice" else "ended_with_warm_up",
    }


def _fill(template: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def _check_complete(locale: str, entries: Collection[str], english: Collection[str]) -> None:
    missing = [key for key in english if key not in entries]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        ours = ", ".join(SHIPPED)
        raise UserError(
            f"texts, {locale}: every text is needed in a language that is not ours ({ours}); "
            f"missing: {', '.join(missing[:5])}{more}. Translate turk/texts/en.yaml into {locale}.yaml."
        )


def _check(key: str, entry: Entry, english: Mapping[str, Entry]) -> None:
    if key not in english and not key.startswith(OPEN_KEYS):
        near = difflib.get_close_matches(key, english, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise entry.error(f"there is no text of that name. {hint}turk/texts/en.yaml has them all.")
    text = entry.text()
    usual = PLACEHOLDER.findall(english[key].text()) if key in english else []
    allowed = dict.fromkeys((*FACTS, *(() if _is_part(key) else PARTS), *usual))
    for name in PLACEHOLDER.findall(text):
        if name not in allowed:
            raise entry.error(f"there is no placeholder {{{name}}} here. {nearest(name, allowed)}")
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        raise entry.error(f"a brace is part of a placeholder such as {{minutes}}; got {text.strip()[:60]!r}. Mend it.")


def _is_part(key: str) -> bool:
    return key.split("_")[0] in {*PARTS, "reward", "seconds", "minute", "contact"}


@cache
def _shipped() -> dict[str, dict[str, Entry]]:
    return {locale: read_lines(FOLDER / f"{locale}.yaml").mapping() for locale in SHIPPED}


def _tidy(text: str) -> str:
    """Join the lines of a paragraph or of an item; blank lines and new items stay."""
    return re.sub(r"(?<!\n)\n(?!\n|- )", " ", text.strip())


def _check_asked(locale: str, texts: Mapping[str, str], screens: Sequence[Screen]) -> None:
    needed: dict[str, None] = {}
    for screen in dict.fromkeys(screens):
        needed |= dict.fromkeys((f"question_{screen.question}", f"task_{screen.question}"))
        needed |= dict.fromkeys(f"choice_{choice}" for choice in screen.choices)
        needed |= dict.fromkeys(f"truth_{choice}" for choice in screen.choices if screen.feedback)
    missing = [key for key in needed if key not in texts]
    if missing:
        raise UserError(f"texts, {locale}: the protocol needs {', '.join(missing)}. Add them to your {locale}.yaml.")
