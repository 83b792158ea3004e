"""Who may come in, and what they may see: one table of routes and roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evalsuite.db import now, session_scope
from tests.turk.studies_made import SYNTHETIC_KEY, make_study
from tests.webapp.conftest import OF_OUR_OWN, OWNER_TOKEN, come_in, config_of
from tests.webapp.participant.scripted import DEVICE, Scripted
from tests.webapp.stocked import database_of
from webapp import create_app
from webapp.access import ROLES, Role
from webapp.identity import visitor_of
from webapp.shares import make_share, sign
from webapp.tokens import add_token, revoke_token

IN, LOGIN, OUT, DENIED = 200, 302, 401, 403
EVERYBODY = dict.fromkeys(("anonymous", "viewer", "researcher", "admin"), IN)
PAGE = {"anonymous": LOGIN, "viewer": IN, "researcher": IN, "admin": IN}
DATA = PAGE | {"anonymous": OUT}
SHARING = {"anonymous": LOGIN, "viewer": DENIED, "researcher": IN, "admin": IN}
EXPECTED: dict[str, dict[str, int]] = {
    "/login": EVERYBODY,
    "/": PAGE,
    "/index.json": DATA,
    "/index.csv": DATA,
    "/leaderboard/1": PAGE,
    "/leaderboard/1.json": DATA,
    "/leaderboard/1.csv": DATA,
    "/leaderboard/1.tex": DATA,
    "/leaderboard/1.bib": DATA,
    "/run/1": PAGE,
    "/run/1.json": DATA,
    "/run/1.csv": DATA,
    "/run/1.tex": DATA,
    "/run/1.bib": DATA,
    "/confusions/1": PAGE,
    "/confusions/1.json": DATA,
    "/confusions/1.csv": DATA,
    "/confusions/1.tex": DATA,
    "/confusions/1.bib": DATA,
    "/compare/1": PAGE,
    "/compare/1.json": DATA,
    "/compare/1.csv": DATA,
    "/compare/1.tex": DATA,
    "/compare/1.bib": DATA,
    "/gallery/1": PAGE,
    "/gallery/1.json": DATA,
    "/gallery/1.csv": DATA,
    "/judge/1": PAGE,
    "/judge/1.json": DATA,
    "/judge/1.csv": DATA,
    "/photo/1": PAGE,
    "/photo/1.json": DATA,
    "/photo/1.csv": DATA,
    "/photo/1.tex": DATA,
    "/photo/1.bib": DATA,
    "/color": PAGE,
    "/color.json": DATA,
    "/color.csv": DATA,
    "/color/gray": {"anonymous": LOGIN, "viewer": 404, "researcher": 404, "admin": 404},
    "/api/color/methods": {"anonymous": OUT, "viewer": 503, "researcher": 503, "admin": 503},
    "/studies": PAGE,
    **dict.fromkeys(("/studies.json", "/studies.csv"), DATA),
    **dict.fromkeys(
        ("/studies/1", "/studies/1/monitor", "/studies/1/results", "/studies/1/timing", "/studies/1/metrics"), PAGE
    ),
    **{
        f"/studies/1{view}.{form}": DATA
        for view in ("", "/monitor", "/results", "/timing", "/metrics")
        for form in ("json", "csv")
    },
    **{f"/studies/1/{view}.tex": DATA for view in ("results", "timing", "metrics")},
    **{f"/studies/1/{view}.bib": DATA for view in ("results", "timing", "metrics")},
    **dict.fromkeys(("/studies/1/sessions", "/sessions/1", "/trials/1"), SHARING),
    **{
        f"{view}.{form}": SHARING | {"anonymous": OUT}
        for view in ("/studies/1/sessions", "/sessions/1", "/trials/1")
        for form in ("json", "csv")
    },
    "/trials/1/points": SHARING | {"researcher": 404, "admin": 404},
    **dict.fromkeys(
        ("/trials/1/points.json", "/trials/1/points.csv"),
        SHARING | {"anonymous": OUT, "researcher": 404, "admin": 404},
    ),
    "/shares": SHARING,
}
NOBODY = "0" * 32


def all_of(status: int) -> dict[str, int]:
    """The same for everybody."""
    return dict.fromkeys(VISITORS, status)


def own(status: int) -> dict[str, int]:
    """What only participants reach: their session's token opens it, and no role of the dashboard does."""
    return all_of(OUT) | {"participant": status}


VISITORS = (*ROLES, "participant")
UNKNOWN = {"anonymous": OUT, "viewer": 404, "researcher": 404, "admin": 404}
OTHERS: dict[str, dict[str, int]] = {
    "POST /login": all_of(OUT),
    "POST /logout": all_of(303),
    "POST /shares": {"anonymous": OUT, "viewer": DENIED, "researcher": 303, "admin": 303},
    "POST /shares/9999/revoke": {"anonymous": OUT, "viewer": DENIED, "researcher": 400, "admin": 400},
    "POST /color/photo": {"anonymous": OUT, "viewer": 400, "researcher": 400, "admin": 400},
    "POST /api/color": {"anonymous": OUT, "viewer": 400, "researcher": 400, "admin": 400},
    "POST /api/color/recommended": {"anonymous": OUT, "viewer": 400, "researcher": 400, "admin": 400},
    f"GET /thumb/{NOBODY}.webp": UNKNOWN,
    f"GET /output/1/1/{NOBODY}.png": UNKNOWN,
    f"GET /target/1/1/{NOBODY}.png": UNKNOWN,
    f"GET /gray/1/1/{NOBODY}.png": UNKNOWN,
    "GET /stimulus/1/0.png": {"anonymous": OUT, "viewer": DENIED, "researcher": IN, "admin": IN},
    "GET /s/nobody": all_of(404),
    "GET /static/app.css": all_of(IN),
    "GET /study/street": all_of(IN),
    f"GET /i/{NOBODY}": all_of(404),
    "POST /api/studies/street/enter": all_of(400),
    "GET /api/session": own(IN),
    "POST /api/session/device": own(IN),
    "POST /api/session/consent": own(409),
    "POST /api/session/color-vision": own(409),
    "POST /api/session/begin": own(409),
    "POST /api/session/events": own(IN),
    "POST /api/session/comment": own(IN),
    "POST /api/session/leave": own(IN),
    "POST /api/session/finish": own(409),
    "PUT /api/trials/nobody": own(400),
    "POST /api/photos/nobody/open": own(400),
    "PUT /api/photos/nobody/events": own(400),
    "PUT /api/photos/nobody": own(400),
    "POST /api/photos/nobody/picture": own(400),
    "POST /api/photos/nobody/colors": own(400),
    "POST /notifications/prolific": all_of(DENIED),
    "POST /notifications/sns": all_of(DENIED),
}
"""What is no page. A participant who has just come is at the first step: what belongs to later ones is a conflict.

A participant has what somebody without a token has, and their own session beside it.
"""
TABLE = {f"GET {address}": statuses for address, statuses in EXPECTED.items()} | OTHERS
BODIES: dict[str, Any] = {
    "device": DEVICE, "consent": {"version": "v1", "agree": True}, "color-vision": {"answers": ["no"]}, "begin": {},
    "events": {"events": []}, "comment": {"text": "None."}, "leave": {}, "finish": {},
    "nobody": {"answer": "left", "rt_ms": 900.0, "exposure": {}}, "open": {}, "picture": {"points": []},
    "colors": {"x": 1, "y": 1, "points": []}, "PUT /api/photos/nobody": {"events": 0, "ended": "done"},
}  # fmt: skip
"""What a participant's page sends, by the whole request or the end of its address."""
WRONG = {"nobody": "knows this name"}


@pytest.fixture(scope="module")
def house(stock: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site with runs, results that may be seen, and a study that is live."""
    folder = tmp_path_factory.mktemp("house")
    app = create_app(replace(config_of(database_of(stock, folder), stock), synthetic_key=SYNTHETIC_KEY))
    make_study(app.extensions["engine"], folder / "live")
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def cookies(house: Flask) -> dict[str, list[tuple[str, str]]]:
    """The cookies of somebody of each role who came in."""
    came = {role: come_in(house, role) for role in ROLES}
    return {role: [(kept.key, kept.value) for kept in (who._cookies or {}).values()] for role, who in came.items()}


def asks(app: Flask, cookies: dict[str, list[tuple[str, str]]], visitor: str, route: str) -> int:
    """Ask for a route as a visitor, and return the status."""
    method, _, address = route.partition(" ")
    headers = dict(OF_OUR_OWN)
    if visitor == "participant":
        person = Scripted(app.test_client(), "street")
        assert person.enter().status_code == 200
        headers |= {"Authorization": f"Bearer {person.token}", "X-Tab": person.tab}
        client = person.client
    else:
        client = app.test_client()
        for name, value in cookies[visitor]:
            client.set_cookie(name, value)
    body = BODIES.get(f"{method} {address}", BODIES.get(address.rpartition("/")[2], WRONG))
    json = body if address.startswith(("/api/", "/notifications/")) and method != "GET" else None
    form = {"address": "/", "days": "7"} if json is None and method != "GET" else None
    with client.open(address, method=method, json=json, data=form, headers=headers) as answer:
        return answer.status_code


@pytest.mark.parametrize("route", TABLE)
def test_each_visitor_sees_what_they_may_and_nothing_else(
    house: Flask, cookies: dict[str, list[tuple[str, str]]], route: str
) -> None:
    expected = {visitor: TABLE[route].get(visitor, TABLE[route]["anonymous"]) for visitor in VISITORS}

    assert {visitor: asks(house, cookies, visitor, route) for visitor in VISITORS} == expected


def test_the_table_names_every_route(house: Flask) -> None:
    """A new route needs a row: for a page, in each of its forms, `PAGE` or `DATA` in EXPECTED."""
    router, named = house.url_map.bind("localhost"), set()
    for route in TABLE:
        method, _, address = route.partition(" ")
        named.add((router.match(address, method)[0], method))
    there = {
        (rule.endpoint, method)
        for rule in house.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert there - named == set()


@pytest.mark.parametrize("role", ROLES)
def test_pictures_open_for_those_who_may_look(site: Flask, role: Role) -> None:
    shown = come_in(site, "viewer").get("/photo/1.json").get_json()["pictures"]
    small = come_in(site, "viewer").get("/gallery/1.json").get_json()["rows"][0]["real"]
    addresses = [shown[0]["address"], shown[1]["address"], shown[2]["address"], small]
    visitor = come_in(site, role)

    found = {visitor.get(address).status_code for address in addresses if "/thumb" not in address}

    assert found == {LOGIN if role == "anonymous" else IN} or found == {OUT}
    assert (IN in found) == (role != "anonymous")


POSTS = {"/login": {"token": "wrong"}, "/logout": {}, "/shares": {"address": "/"}, "/shares/1/revoke": {}}


@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_what_another_site_sends_is_refused(site: Flask, address: str, headers: dict[str, str]) -> None:
    answer = come_in(site, "admin").post(address, data=POSTS[address], headers=headers)

    assert answer.status_code == 403
    assert "came from another site" in answer.text


@pytest.mark.parametrize("headers", [OF_OUR_OWN, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}, {}])
def test_what_the_site_itself_or_a_program_sends_is_taken(site: Flask, headers: dict[str, str]) -> None:
    assert come_in(site, "viewer").post("/logout", headers=headers).status_code == 303


def test_the_printed_token_opens_everything_until_the_server_starts_anew(site: Flask) -> None:
    visitor = site.test_client()

    page = visitor.get(f"/login?token={OWNER_TOKEN}")
    entered = visitor.post("/login", data={"token": OWNER_TOKEN, "next": "/shares"}, headers=OF_OUR_OWN)

    assert f'value="{OWNER_TOKEN}"' in page.text
    assert (entered.status_code, entered.headers["Location"]) == (303, "/shares")
    assert visitor.get("/shares").status_code == 200
    cookie = entered.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert OWNER_TOKEN not in cookie


def test_a_wrong_token_opens_nothing(site: Flask) -> None:
    visitor = site.test_client()

    answer = visitor.post("/login", data={"token": "x"}, headers=OF_OUR_OWN)

    assert answer.status_code == 401
    assert "does not open anything" in answer.text
    assert visitor.get("/index.json").status_code == OUT


def test_a_revoked_token_is_out_at_once(site: Flask) -> None:
    with session_scope(site.extensions["engine"]) as session:
        token = add_token(session, "leaver", "researcher")
    visitor = site.test_client()
    visitor.post("/login", data={"token": token}, headers=OF_OUR_OWN)
    bearer = {"Authorization": f"Bearer {token}"}
    assert visitor.get("/").status_code == site.test_client().get("/", headers=bearer).status_code == 200

    with session_scope(site.extensions["engine"]) as session:
        revoke_token(session, "leaver")

    assert visitor.get("/").status_code == LOGIN
    assert site.test_client().get("/index.json", headers=bearer).status_code == OUT


def test_programs_send_their_token(site: Flask) -> None:
    for header, status in (
        (f"Bearer {OWNER_TOKEN}", 200), ("Bearer wrong", OUT), (f"Basic {OWNER_TOKEN}", OUT), ("Bearer", OUT)
    ):  # fmt: skip
        assert site.test_client().get("/index.json", headers={"Authorization": header}).status_code == status


def test_a_forged_cookie_is_no_visitor(site: Flask) -> None:
    visitor = come_in(site, "viewer")
    [cookie] = list((visitor._cookies or {}).values())
    visitor.set_cookie(cookie.key, cookie.value[:-3] + "AAA")

    assert visitor.get("/").status_code == LOGIN


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_nobody_is_sent_to_another_site(site: Flask, target: str) -> None:
    answer = site.test_client().post("/login", data={"token": OWNER_TOKEN, "next": target}, headers=OF_OUR_OWN)

    assert answer.status_code == 400
    assert "an address on this site" in answer.text


def share(site: Flask, address: str, **changes: Any) -> str:
    """A share link's path."""
    with session_scope(site.extensions["engine"]) as session:
        row = make_share(session, address, "ada", 7)
        for name, value in changes.items():
            setattr(row, name, value)
        return f"/s/{sign(row.id, site.extensions['config'].secret_key)}"


def test_a_share_link_opens_one_view_in_every_form_and_nothing_else(site: Flask) -> None:
    guest = site.test_client()

    opened = guest.get(share(site, "/gallery/1?order=best"), follow_redirects=True)

    assert opened.status_code == 200
    assert opened.request.path == "/gallery/1"
    assert opened.headers["X-Robots-Tag"] == "noindex"
    assert "Shared view of" in opened.text
    assert guest.get("/gallery/1.json?order=best").status_code == 200
    for other in ("/gallery/1.json", "/gallery/1.json?order=best&q=x", "/run/1.json", "/index.json"):
        assert guest.get(other).status_code == OUT
    assert guest.get("/shares").status_code == LOGIN


def test_a_guest_sees_the_pictures_of_the_view(site: Flask) -> None:
    guest = site.test_client()
    guest.get(share(site, "/photo/1?at=squash-24"))

    pictures = guest.get("/photo/1.json?at=squash-24").get_json()["pictures"]

    assert {guest.get(picture["address"]).status_code for picture in pictures} == {200}


def test_links_end_when_they_are_revoked_and_when_their_time_is_over(site: Flask) -> None:
    researcher, guest = come_in(site, "researcher"), site.test_client()
    made = researcher.post("/shares", data={"address": "/run/1", "days": "7"}, headers=OF_OUR_OWN)
    key = made.headers["Location"].rpartition("=")[2]
    link = f"/s/{sign(int(key), site.extensions['config'].secret_key)}"
    assert f"http://localhost{link}" in researcher.get("/shares").text
    assert guest.get(link, follow_redirects=True).status_code == 200

    researcher.post(f"/shares/{key}/revoke", headers=OF_OUR_OWN)

    assert guest.get("/run/1.json").status_code == OUT
    gone = guest.get(link)
    assert gone.status_code == 404
    assert "This link has ended" in gone.text
    assert guest.get(share(site, "/run/1", expires_at=now())).status_code == 404


def test_a_link_cannot_be_guessed(site: Flask) -> None:
    assert site.test_client().get("/s/MQ.AAAAAAAAAAAAAAAAAAAAAAAAAAA").status_code == 404


def test_viewers_cannot_share(site: Flask) -> None:
    visitor = come_in(site, "viewer")

    assert "Make a link" not in visitor.get("/").text
    assert visitor.post("/shares", data={"address": "/", "days": "7"}, headers=OF_OUR_OWN).status_code == DENIED
    assert visitor.post("/shares/1/revoke", headers=OF_OUR_OWN).status_code == DENIED


def test_every_page_leads_to_the_others_that_one_may_see(site: Flask) -> None:
    texts = [come_in(site, "researcher").get(path).text for path in ("/", "/shares", "/leaderboard/9999")]

    assert [text.count('<a href="/studies"') for text in texts] == [1, 1, 1]
    assert '<a href="/studies"' not in site.test_client().get("/login").text


@pytest.mark.parametrize(("data", "sentence"), [
    ({"address": "/", "days": "8"}, "a link lasts 7, 30, 90, 365 days"),
    ({"address": "https://evil.example", "days": "7"}, "an address on this site"),
])  # fmt: skip
def test_links_that_make_no_sense_are_refused(site: Flask, data: dict[str, str], sentence: str) -> None:
    answer = come_in(site, "researcher").post("/shares", data=data, headers=OF_OUR_OWN)

    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_link_that_was_ended_cannot_be_ended_again(site: Flask) -> None:
    answer = come_in(site, "researcher").post("/shares/9999/revoke", headers=OF_OUR_OWN)

    assert answer.status_code == 400
    assert "no active link has number 9999" in answer.text


def visitor_behind(site: Flask, peer: str, **settings: Any) -> tuple[str, str]:
    """Name and role of a visitor whom a proxy names."""
    config = type(site.extensions["config"])(**{**vars(site.extensions["config"]), **settings})
    with site.test_request_context(
        "/", headers={"X-Forwarded-User": "ada"}, environ_base={"REMOTE_ADDR": peer}
    ) as here:
        found = visitor_of(here.request, config, site.extensions["reader"])
    return found.name, found.role


def test_a_proxys_word_counts_only_if_the_proxy_is_known(site: Flask) -> None:
    known = {"proxy_peers": ("10.0.0.2",), "proxy_roles": {"ada": "admin", "*": "viewer"}}

    assert visitor_behind(site, "10.0.0.2", **known) == ("ada", "admin")
    assert visitor_behind(site, "10.0.0.3", **known) == ("anonymous", "anonymous")
    assert visitor_behind(site, "10.0.0.2") == ("anonymous", "anonymous")
    assert visitor_behind(site, "10.0.0.2", proxy_peers=("10.0.0.2",), proxy_roles={"*": "viewer"}) == ("ada", "viewer")
    assert visitor_behind(site, "10.0.0.2", proxy_peers=("10.0.0.2",)) == ("anonymous", "anonymous")


def test_pages_stay_as_they_are_until_something_changes(site: Flask) -> None:
    visitor = come_in(site, "viewer")
    first = visitor.get("/run/1")

    again = visitor.get("/run/1", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert come_in(site, "admin").get("/run/1").headers["ETag"] != first.headers["ETag"]


def test_every_answer_carries_the_strict_headers(site: Flask) -> None:
    visitor: FlaskClient = come_in(site, "viewer")

    for address in ("/", "/run/1.json", "/login", "/nowhere", "/leaderboard/99"):
        headers = visitor.get(address).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "private, no-cache"


def test_pages_travel_compressed_where_the_browser_takes_it(site: Flask) -> None:
    visitor = come_in(site, "viewer")

    plain = visitor.get("/run/1")
    packed = visitor.get("/run/1", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 2
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
