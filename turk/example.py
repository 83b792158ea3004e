"""A study file to begin with: every key, what it means, and its default."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from turk.recruiting_terms import CAPS, MTURK, PROLIFIC, RECRUITING, USD_CAP_HELP, WAGE_FLOOR_USD
from turk.registry import all_protocols, any_protocol
from turk.rules import RULES, defaults
from turk.study import Coloring, Parameter
from turk.study_file import DEVICE, PARTICIPANTS, SETTINGS
from turk.terms import ANALYSIS

WIDTH = 110
HEAD = """\
# A study file. Only {needed} are needed; everything else is shown with its default.
# Paths start at this file. `turk build FILE` freezes the study; then `turk audit NAME` and `turk launch NAME`.

name: my-study                  # a-z, 0-9 and -; its address ends in it
protocol: {name}
"""
SOURCE = """
source:
  run: runs/first               # a folder that `evalsuite run` or `evalsuite score` wrote, or instead of it
  # real: photos/               # a folder of photos, paired with folders of outputs by file name without suffix
  conditions: [eccv16, siggraph17]
  # conditions: {ours: outputs/ours/, theirs: outputs/theirs/}
  # catch: random               # what catch trials show: colors of another photo, made here; a condition of the run;
  #                               {name: folder}; or none (then parameters: {catch: 0} too)
  # resize: squash              # squash or crop: how images come to the study's size, if they do not have it
  # photos: 500                 # use so many of the photos, drawn by the seed
"""
PHOTOS = """
source:
  real: photos/                 # a folder of photos; people see them without their colors
  # resize: squash              # squash or crop: how photos come to the study's size, if they do not have it
  # photos: 500                 # use so many of the photos, drawn by the seed
"""
MIDDLE = """
recruiter: link                 # link: you send people an address; prolific and mturk: paid
reward_usd: 0.00                # what each participant is paid
# contact: you@university.edu   # to whom participants can write; it stands in the consent
# texts: my-texts/              # your own words over ours: a folder or file of texts (see turk/texts/en.yaml),
#                                 or here: {en: {consent_text: "..."}}
# locales: [en, de, es, zh]     # the languages on offer, the first by default
# seed: 1                       # from which all sessions are planned; by default it comes from the name
"""


def example(name: str = "zhang2016") -> str:
    """Write a study file of a protocol."""
    chosen = any_protocol(name)
    colored = isinstance(chosen, Coloring)
    lines = [
        HEAD.format(name=name, needed="name and source" if colored else "name, source and conditions"),
        *_comment(f"{chosen.title}. {chosen.source}"),
        *_comment(f"Protocols: {', '.join(all_protocols())}."),
        PHOTOS if colored else SOURCE,
        "parameters:",
        *_keys(chosen.parameters),
        "",
        f"{f'participants_per_condition: {PARTICIPANTS.default}':32}# {PARTICIPANTS.help}",
        MIDDLE,
        *(() if colored else _analysis(chosen.parameters)),
        "device:",
        *_keys(DEVICE),
        "",
        *_keys(SETTINGS, ""),
        "",
        *_paid(),
    ]
    return "\n".join(lines) + "\n"


def _analysis(parameters: Mapping[str, Parameter]) -> Iterator[str]:
    usual = defaults({key: parameter.default for key, parameter in parameters.items()})
    yield "exclusions:                     # whom the analysis leaves out; results with and without are printed"
    yield from _rules(usual)
    yield ""
    yield "stopping: {participants: all}   # fool rates stay hidden until so many people per condition have finished"
    yield ""
    yield "analysis:"
    yield from _keys(ANALYSIS)
    yield ""


def _keys(parameters: Mapping[str, Parameter], indent: str = "  ") -> Iterator[str]:
    for name, parameter in parameters.items():
        yield from _key(f"{indent}{name}: {_written(parameter.default)}", parameter.help + _bounds(parameter))


def _paid() -> Iterator[str]:
    """What only recruiters know who pay, commented out since a link has none of it."""
    yield "# With recruiter: prolific or mturk, also these:"
    floor = f"wage_floor_usd: {WAGE_FLOOR_USD}"
    yield from _commented(
        _key(floor, "dollars per hour; a launch below them is refused, and people are topped up to them")
    )
    yield "# caps:"
    yield from _commented(_keys(CAPS))
    yield from _commented(_key("  usd: 0.00", USD_CAP_HELP))
    yield "# recruiting:"
    yield from _commented(_keys(RECRUITING))
    yield "# mturk:                         # with recruiter: mturk only"
    yield from _commented(_keys(MTURK))
    yield from _commented(
        _key("  locales: []", "countries of workers such as [US, GB], or parts of them such as US-CA")
    )
    yield "# prolific:                      # with recruiter: prolific only"
    yield from _commented(_keys(PROLIFIC))


def _commented(lines: Iterator[str]) -> Iterator[str]:
    yield from (f"# {line}" for line in lines)


def _rules(usual: Mapping[str, Any]) -> Iterator[str]:
    for name, rule in RULES.items():
        value = usual.get(name)
        shown = "off" if value is None else f"{value:g}"
        yield from _key(f"  {name}: {shown}", rule.help)


def _key(text: str, meaning: str) -> Iterator[str]:
    first, *rest = textwrap.wrap(meaning, WIDTH - 32)
    yield f"{text:31} # {first}"
    yield from (f"{'':31} # {line}" for line in rest)


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {line}" for line in textwrap.wrap(text, WIDTH))


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'


def _bounds(parameter: Parameter) -> str:
    if parameter.choices:
        return f" ({', '.join(map(str, parameter.choices))})"
    if parameter.least is None or parameter.most is None:
        return ""
    return f" ({parameter.least:,} to {parameter.most:,})"
