"""A served site, the studies on it, and what a test does there with a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.turk.studies_made import make_study
from turk.design import plan_session
from turk.registry import colorings, protocol
from turk.study import Study
from turk.tables import StudyRow
from turk.texts import SHIPPED, filled, read_templates, session_of

QUICK = {"practice": 2, "test": 4, "catch": 2, "fixation_ms": 100, "gap_ms": 150, "mask_ms": 50, "size": 160}
"""Parameters that keep a session short."""


@dataclass(frozen=True)
class Site:
    """Where the site is served, and its database."""

    url: str
    engine: Engine
    folder: Path

    def add_study(
        self, *, exposure_ms: int = 200, parameters: Mapping[str, Any] | None = None, **fields: Any
    ) -> StudyRow:
        """Make a live study with the texts that come with the project."""
        known = protocol(fields.get("protocol", "zhang2016")).parameters
        wanted = {**QUICK, "exposure_ms": exposure_ms, **(parameters or {})}
        chosen = {name: value for name, value in wanted.items() if name in known}
        texts = texts_for({name: one.default for name, one in known.items()} | chosen, **fields)
        folder = self.folder / fields.get("name", "street")
        return make_study(self.engine, folder, parameters=chosen, texts=texts, **fields)

    def studies(self) -> list[StudyRow]:
        """All studies of the site."""
        with Session(self.engine) as db:
            return list(db.scalars(select(StudyRow)))


def texts_for(parameters: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """The project's texts, filled as `turk build` fills them."""
    asked = protocol(fields.get("protocol", "zhang2016"))
    study = Study(
        name="texts",
        protocol=asked.name,
        parameters=parameters,
        conditions=fields.get("conditions", ("ours", "theirs")),
        catch=fields.get("catch", "random"),
        photos=tuple(f"photo-{k:03d}" for k in range(fields.get("photos", 20))),
        stimuli={},
        participants_per_condition=1,
        recruiter="link",
        reward_usd=Decimal("1.40"),
    )
    plan = plan_session(study, asked.arms(study.conditions)[0], 0, 0)
    return filled(read_templates(None, SHIPPED), session_of(study, asked, plan))


def painted_texts(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The project's texts for a study in which people color."""
    asked = colorings()["novice2017"]
    known = {name: one.default for name, one in asked.parameters.items()} | dict(parameters)
    study = Study(
        name="texts", protocol=asked.name, parameters=known, conditions=asked.conditions, catch=None,
        photos=tuple(f"photo-{k:03d}" for k in range(20)), stimuli={}, participants_per_condition=1, recruiter="link",
        reward_usd=Decimal("0.00"),
    )  # fmt: skip
    return filled(read_templates(None, SHIPPED), session_of(study, asked, plan_session(study, "all", 0, 0)))


def arrive(page: Page, site: Site, name: str = "street", query: str = "") -> None:
    """Go from the study's address to the instructions, as a participant who agrees to all."""
    page.goto(f"{site.url}/study/{name}{query}")
    page.get_by_role("button", name="I want to take part").click()
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="What you will do")).to_be_visible()


def begin(page: Page) -> None:
    """Read the instructions and start."""
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".stage")


def answer_trials(page: Page, count: int, key: str = "ArrowLeft") -> None:
    """Answer that many trials with a key, going on after feedback and after practice."""
    done = 0
    while done < count:
        state = page.wait_for_function(
            """() => document.querySelector('.stage[data-phase="ask"]') && document.querySelector('.answers kbd')
                ? 'ask' : document.querySelector('.verdict') ? 'told'
                : document.querySelector('article .main') ? 'page' : null""",
            timeout=20_000,
        ).json_value()
        if state == "ask":
            page.keyboard.press(key)
            done += 1
            page.wait_for_function("() => !document.querySelector('.answers kbd')")
        elif state == "told":
            page.keyboard.press("Enter")
            page.wait_for_function("() => !document.querySelector('.verdict')")
        elif page.get_by_role("heading", name="The practice is over").is_visible():
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.wait_for_selector(".stage")
        else:
            return
