"""Which study a page is of, and in which language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from evalsuite.db import session_scope
from turk.image_tables import HostingRow
from turk.refusals import Refused
from turk.store import Store
from turk.study import Study
from turk.tables import StudyRow

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


@dataclass(frozen=True)
class Known:
    """A study as its page names it; `images` is the origin of copies of its stimuli, where there are any."""

    name: str
    sha256: str
    recruiter: str
    study: Study
    images: str | None


@dataclass(frozen=True)
class Language:
    """Another language of a page."""

    locale: str
    name: str
    address: str


def known_study(store: Store, name: str) -> Known:
    """Find a study by its name.

    Raises:
        Refused: There is none.
    """
    if not NAME.fullmatch(name):
        raise _unknown()
    named = (StudyRow.id, StudyRow.sha256, StudyRow.recruiter, HostingRow.origin)
    query = select(*named).outerjoin(HostingRow, HostingRow.study_id == StudyRow.id).where(StudyRow.name == name)
    with session_scope(store.engine, read_only=True) as db:
        found = db.execute(query).first()
        if found is None:
            raise _unknown()
        return Known(name, found.sha256, found.recruiter, store.study(db, found.sha256, found.id), found.origin)


def choose_locale(known: Known, request: Request) -> str:
    """The language asked for by `lang`, or else the best of those that the browser names, or the study's first."""
    offered = list(known.study.texts)
    asked = request.args.get("lang", "")
    if asked in offered:
        return asked
    return request.accept_languages.best_match(offered) or offered[0]


def page_texts(known: Known, locale: str) -> Mapping[str, str]:
    """All texts of a language."""
    texts: Mapping[str, str] = known.study.texts[locale]
    return texts


def other_locales(known: Known, locale: str, request: Request) -> list[Language]:
    """The study's other languages, at the address that brought the participant here."""
    return [
        Language(other, texts.get("language", other), _address(request.args, other))
        for other, texts in known.study.texts.items()
        if other != locale
    ]


def _address(args: MultiDict[str, str], locale: str) -> str:
    query = MultiDict(args)
    query["lang"] = locale
    return f"?{urlencode(list(query.items(multi=True)))}"


def _unknown() -> Refused:
    return Refused("unknown", "There is no such study. Check the address.")
