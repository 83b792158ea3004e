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
from turk.emulator.mturk.market import Market, Options
from turk.emulator.mturk.platform import Platform, make_platform
from turk.emulator.mturk.worker_client import WorkerClient, log_in
from turk.emulator.serving import LocalServer, free_port


@dataclass(frozen=True, slots=True)
class Settings:
    """How an emulator is set up.

    Args:
        mturk_port: The port of the MTurk API; 0 takes a free one.
        worker_port: The port of the worker's site; 0 takes a free one.
        worker_host: The name under which the worker's site is reached. With `localhost` a study on 127.0.0.1 is
            another site, as on the real platform, and its cookies are third-party cookies.
        balance: What each new requester's account holds, in dollars.
        credentials: Access keys and secrets; with None any key is a requester and signatures are not checked.
        seed: Makes identifiers and faults come out the same again.
        rules: The script of faults.
        fault_seed: The script's own seed; the emulator's if None.
        start: When the clock starts; now if None.
        frozen: Whether the clock stands still except for `advance`.
    """

    mturk_port: int = 0
    worker_port: int = 0
    worker_host: str = "localhost"
    balance: Decimal = Decimal("10000.00")
    credentials: dict[str, str] | None = None
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
    mturk: Platform = field(init=False)

    def __post_init__(self) -> None:
        clock = VirtualClock(self.settings.start, frozen=self.settings.frozen)
        self.controls = Controls(clock, Faults(self.settings.rules, self._fault_seed), Delivery())
        self.controls.actions["reset"] = self._reset
        self.controls.delivery.chores.append(self.controls.catch_up)
        self.mturk = self._make_mturk()

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
        self.mturk.market.reset(self.settings.seed)

    def _make_mturk(self) -> Platform:
        settings = self.settings
        site = LocalServer(Flask("empty"), settings.worker_port or free_port(), settings.worker_host)
        options = Options(settings.balance, settings.credentials, site.url)
        self.controls.links["Worker's site"] = site.url
        return make_platform(self.controls, options, settings.seed, settings.mturk_port or free_port(), site)

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
        return [self.mturk.api, self.mturk.site]

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
        """The emulator's own API."""
        return AdminClient(Fetcher(self.mturk.api.url))

    def worker(self, worker_id: str) -> WorkerClient:
        """Log a worker in at the worker's site."""
        return log_in(self.worker_site_url, worker_id)
