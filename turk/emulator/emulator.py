"""All emulated platforms in this process: one clock, one script of faults, servers on loopback ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Any

from flask import Flask

from turk.emulator.admin import Controls
from turk.emulator.admin_client import AdminClient
from turk.emulator.clock import VirtualClock
from turk.emulator.delivery import Delivery
from turk.emulator.faults import Faults, Rule
from turk.emulator.fetching import Fetcher
from turk.emulator.mturk import platform as mturk_platform
from turk.emulator.mturk import worker_client
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.market import Options as MarketOptions
from turk.emulator.prolific import participant_client
from turk.emulator.prolific import platform as prolific_platform
from turk.emulator.prolific.workspace import Options as WorkspaceOptions
from turk.emulator.prolific.workspace import Workspace
from turk.emulator.serving import LocalServer, free_port


@dataclass(frozen=True, slots=True)
class Settings:
    """How an emulator is set up.

    Args:
        mturk_port: The port of the MTurk API; 0 takes a free one.
        worker_port: The port of MTurk's worker's site; 0 takes a free one.
        prolific_port: The port of the Prolific API; 0 takes a free one.
        participant_port: The port of Prolific's participant's site; 0 takes a free one.
        site_host: The name under which the people's sites are reached. With `localhost` a study on 127.0.0.1 is
            another site, as on the real platforms, and its cookies are third-party cookies.
        balance: What each new requester's account, and Prolific's workspace, holds, in dollars.
        credentials: Access keys and secrets; with None any key is a requester and signatures are not checked.
        prolific_token: The Prolific API's token; with None any token is let in.
        settling: Seconds until Prolific's bonuses and bulk approvals, which are worked off later, are done.
        seed: Makes identifiers and faults come out the same again.
        rules: The script of faults.
        fault_seed: The script's own seed; the emulator's if None.
        start: When the clock starts; now if None.
        frozen: Whether the clock stands still except for `advance`.
    """

    mturk_port: int = 0
    worker_port: int = 0
    prolific_port: int = 0
    participant_port: int = 0
    site_host: str = "localhost"
    balance: Decimal = Decimal("10000.00")
    credentials: dict[str, str] | None = None
    prolific_token: str | None = None
    settling: float = 60.0
    seed: int = 0
    rules: Sequence[Rule] = ()
    fault_seed: int | None = None
    start: datetime | None = None
    frozen: bool = False


@dataclass(slots=True)
class Emulator:
    """A running emulator; use it in a `with` block."""

    settings: Settings = field(default_factory=Settings)
    controls: Controls = field(init=False)
    mturk: mturk_platform.Platform = field(init=False)
    prolific: prolific_platform.Platform = field(init=False)

    def __post_init__(self) -> None:
        clock = VirtualClock(self.settings.start, frozen=self.settings.frozen)
        self.controls = Controls(clock, Faults(self.settings.rules, self._fault_seed), Delivery())
        self.controls.actions["reset"] = self._reset
        self.controls.delivery.chores.append(self.controls.catch_up)
        self.mturk = self._make_mturk()
        self.prolific = self._make_prolific()

    @property
    def _fault_seed(self) -> int:
        return self.settings.seed if self.settings.fault_seed is None else self.settings.fault_seed

    def _reset(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self.reset()
        return {}

    def reset(self) -> None:
        """Forget everything, as if just started, and keep the servers: a new test in no time."""
        self.controls.delivery.flush()
        self.controls.delivery.receipts.clear()
        self.controls.clock.set(self.settings.start, frozen=self.settings.frozen)
        self.controls.faults.replace(self.settings.rules, self._fault_seed)
        self.market.reset(self.settings.seed)
        self.workspace.reset(self.settings.seed)

    def _server(self, port: int, host: str = "127.0.0.1") -> LocalServer:
        return LocalServer(Flask("empty"), port or free_port(), host)

    def _make_mturk(self) -> mturk_platform.Platform:
        settings = self.settings
        api, site = self._server(settings.mturk_port), self._server(settings.worker_port, settings.site_host)
        options = MarketOptions(settings.balance, settings.credentials, site.url)
        self.controls.links |= {"MTurk": f"{api.url}/_emulator/", "Worker's site": site.url}
        return mturk_platform.make_platform(self.controls, options, settings.seed, api, site)

    def _make_prolific(self) -> prolific_platform.Platform:
        settings = self.settings
        api, site = self._server(settings.prolific_port), self._server(settings.participant_port, settings.site_host)
        options = WorkspaceOptions(settings.balance, token=settings.prolific_token, settling=settings.settling)
        self.controls.links |= {"Prolific": f"{api.url}/_emulator/", "Participant's site": site.url}
        return prolific_platform.make_platform(self.controls, options, settings.seed, api, site)

    def __enter__(self) -> Emulator:
        started: list[LocalServer] = []
        try:
            for server in self.servers:
                started.append(server.start())
        except BaseException:
            for server in started:
                server.stop()
            raise
        self.controls.delivery.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self.servers:
            server.stop()
        self.controls.delivery.stop()

    @property
    def servers(self) -> list[LocalServer]:
        """All servers."""
        return [self.mturk.api, self.mturk.site, self.prolific.api, self.prolific.site]

    @property
    def market(self) -> Market:
        """What the emulated MTurk knows; hold its lock while reading it."""
        return self.mturk.market

    @property
    def endpoint_url(self) -> str:
        """Where boto3's MTurk client goes."""
        return self.mturk.api.url

    @property
    def worker_site_url(self) -> str:
        """The origin of the worker's site."""
        return self.mturk.site.url

    @property
    def admin(self) -> AdminClient:
        """The emulator's own API, with MTurk's views and actions."""
        return AdminClient(Fetcher(self.mturk.api.url))

    @property
    def workspace(self) -> Workspace:
        """What the emulated Prolific knows; hold its lock while reading it."""
        return self.prolific.workspace

    @property
    def prolific_url(self) -> str:
        """Where a client of Prolific goes instead of https://api.prolific.com; the API is under /api/v1."""
        return self.prolific.api.url

    @property
    def participant_site_url(self) -> str:
        """The origin of the participant's site, instead of https://app.prolific.com."""
        return self.prolific.site.url

    @property
    def prolific_admin(self) -> AdminClient:
        """The emulator's own API, with Prolific's views and actions; clock and faults are the same."""
        return AdminClient(Fetcher(self.prolific.api.url))

    def worker(self, worker_id: str) -> worker_client.WorkerClient:
        """Log a worker in at the worker's site."""
        return worker_client.log_in(self.worker_site_url, worker_id)

    def participant(self, participant_id: str) -> participant_client.ParticipantClient:
        """Log a participant in at the participant's site."""
        return participant_client.log_in(self.participant_site_url, participant_id)
