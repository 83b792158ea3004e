"""The post between the recruiters and our site: it brings what they tell late, twice, changed, or never."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from evalsuite.db import now
from tests.turk.studies_made import make_store
from turk.emulator.delivery import Parcel
from turk.emulator.emulator import Emulator
from turk.emulator.mturk.sns import Topic
from turk.emulator.prolific import hooks
from turk.hearing import OLDEST as OLDEST_WEBHOOK
from turk.hearing import hear_prolific, hear_sns
from turk.refusals import Refused
from turk.sns import OLDEST as OLDEST_LETTER

FATES = ("brought", "brought", "doubled", "lost", "kept back", "changed")
TOPIC = "arn:aws:sns:us-east-1:123456789012:schedules"
SITE = "http://127.0.0.1:9"
PROLIFIC = "submission.status.change"


@dataclass
class Post:
    """Messages that wait, each with the time at which it was sent, and what became of those that were brought.

    Attributes:
        emulator: Whose messages these are.
        waiting: What was not brought yet.
        genuine: The marks that those which came in time, and as they were sent, must leave.
        counts: How many had which fate.
    """

    emulator: Emulator
    waiting: list[tuple[datetime, Parcel]] = field(default_factory=list)
    genuine: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def open(self) -> None:
        """Take the recruiters' messages from now on; the topic's subscription is confirmed."""
        self.waiting.clear()
        self.genuine.clear()
        market, workspace = self.emulator.market, self.emulator.workspace
        box: Any = self
        market.delivery = workspace.delivery = box
        market.topics.subscribe(Topic(TOPIC, f"{SITE}/notifications/sns", "2", "token", confirmed=True))
        hooks.create_secret(workspace)
        told = hooks.subscribe(workspace, PROLIFIC, f"{SITE}/notifications/prolific")
        hooks.confirm(workspace, told.id, told.secret)

    def send(self, parcel: Parcel) -> None:
        """Take a message to be brought later."""
        self.waiting.append((self.emulator.controls.clock.now(), parcel))

    def post_webhook(self) -> None:
        """Have Prolific tell of a submission, signed; it is none of this study's."""
        hooks.announce(self.emulator.workspace, PROLIFIC, "64aaaaaaaaaaaaaaaaaaaaaa", status="AWAITING REVIEW")

    def bring(self, engine: Engine, fates: Sequence[str], order: int) -> None:
        """Bring what waits: as it was sent, or in another order; each message has the fate whose turn it is."""
        waiting, self.waiting = self.waiting, []
        if order:
            random.Random(order).shuffle(waiting)
        for number, (sent_at, parcel) in enumerate(waiting):
            fate = fates[number % len(fates)]
            self.counts[fate] += 1
            if fate == "kept back":
                self.waiting.append((sent_at, parcel))
            for _ in range({"brought": 1, "doubled": 2, "changed": 1}.get(fate, 0)):
                self._hear(engine, sent_at, parcel, changed=fate == "changed")

    def _hear(self, engine: Engine, sent_at: datetime, parcel: Parcel, *, changed: bool) -> None:
        """Hand a message to our site, which is as much later as the emulators' clock has gone on since."""
        late = self.emulator.controls.clock.now() - sent_at
        site = make_store(engine, clock=lambda: now() + late, submit_origins=(self.emulator.endpoint_url,))
        from_prolific = "X-Prolific-Request-Signature" in parcel.headers
        hear, mark, oldest = (
            (self._hear_prolific, _mark_of_prolific(parcel), OLDEST_WEBHOOK)
            if from_prolific
            else (_hear_sns, json.loads(parcel.body)["MessageId"], OLDEST_LETTER)
        )
        in_time = late < oldest - timedelta(seconds=30)
        try:
            hear(site, _changed(parcel) if changed else parcel)
        except Refused:
            assert changed or not in_time
            return
        # A changed message of Amazon's may wait for its certificate; it never leaves a mark.
        assert in_time
        assert not (changed and from_prolific)
        if not changed:
            self.genuine.add(mark)

    def _hear_prolific(self, site: Any, parcel: Parcel) -> None:
        stamp, signature = (parcel.headers[f"X-Prolific-Request-{name}"] for name in ("Timestamp", "Signature"))
        hear_prolific(site, parcel.body, stamp, signature, self.emulator.workspace.secrets[0][1])


def _hear_sns(site: Any, parcel: Parcel) -> None:
    hear_sns(site, parcel.body, (TOPIC,))


def _mark_of_prolific(parcel: Parcel) -> str:
    return base64.b64decode(parcel.headers["X-Prolific-Request-Signature"]).hex()


def _changed(parcel: Parcel) -> Parcel:
    """The same message with another identifier, or another body, under the old signature."""
    body: dict[str, Any] = json.loads(parcel.body)
    name = "MessageId" if "MessageId" in body else "resource_id"
    return replace(parcel, body=json.dumps({**body, name: f"{body[name]}-changed"}).encode())
