"""A participant without a browser, who remembers every byte that was sent to them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.turk.studies_made import SYNTHETIC_KEY

DEVICE = {"width": 1200, "height": 800, "refresh_hz": 60.0, "touch": False, "dpr": 1.0}


@dataclass
class Scripted:
    """Goes through a study with the requests of its page."""

    client: FlaskClient
    study: str
    token: str = ""
    tab: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    received: list[bytes] = field(default_factory=list)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send a request with the session's token, and remember the answer."""
        sent = {"X-Tab": self.tab, "Authorization": f"Bearer {self.token}"} if self.token else {}
        response = self.client.open(path, method=method, json=body, headers={**sent, **headers})
        self.received.append(str(response.headers).encode() + response.data)
        response.close()
        return response

    def post(self, event: str, body: Any = None) -> dict[str, Any]:
        """Send an event that must be taken, and give the step that follows."""
        response = self.request("POST", f"/api/session/{event}", {} if body is None else body)
        assert response.status_code == 200, response.data
        step: dict[str, Any] = response.json["step"] if response.json else {}
        return step

    def enter(self, *, synthetic: bool = True, **query: str) -> TestResponse:
        """Ask for a place; synthetic people may say how much time has passed for them."""
        body: dict[str, Any] = {"query": query, "tab": self.tab, "locale": "en"}
        if synthetic:
            body["synthetic"] = {"key": SYNTHETIC_KEY, "observer": "scripted"}
        response = self.request("POST", f"/api/studies/{self.study}/enter", body)
        if response.status_code == 200 and response.json:
            self.token = response.json["token"]
        return response

    def begin(self, **query: Any) -> dict[str, Any]:
        """Go from the address to the first trial."""
        assert self.enter(**query).status_code == 200
        version = self.post("device", DEVICE)["version"]
        self.post("consent", {"version": version, "agree": True})
        self.post("color-vision", {"answers": ["no"]})
        return self.post("begin")

    def answer(self, step: dict[str, Any], choice: str = "left", **changed: Any) -> TestResponse:
        """Answer the open trial as if its images had been seen as planned."""
        body = {"answer": choice, "rt_ms": 700.0, "exposure": exposure(step), "elapsed_ms": 60_000} | changed
        return self.request("PUT", f"/api/trials/{step['nonce']}", body, **{"X-Synthetic-Key": SYNTHETIC_KEY})

    def look(self, step: dict[str, Any]) -> list[bytes]:
        """Fetch the images of a trial."""
        return [self.request("GET", address).data for address in step["images"]]


def exposure(step: dict[str, Any]) -> dict[str, Any]:
    """What a browser would have measured."""
    planned = step["screen"]["exposure_ms"]
    shown = [{"place": place, "on_ms": 0.0, "off_ms": planned or 1.0} for place in step["screen"]["order"]]
    return {"planned_ms": planned, "shown": shown, "refresh_hz": 60.0, "hidden": False, "decoded": True}
