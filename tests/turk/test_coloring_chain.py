"""The paper's whole chain: people color, others judge automatic against guided results; and what stands before it."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import Engine, select

from evalsuite.cli import group as evalsuite
from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from evalsuite.results import open_run
from tests.turk.coloring_made import CONDITIONS, make_coloring_study, patches, png
from tests.turk.sites_made import run_site
from turk.build import build_study
from turk.cli import group as turk
from turk.coloring_tables import PointEventRow
from turk.commands.simulate import command as simulate_command
from turk.example import example
from turk.gray_audit import judged
from turk.launching import launch
from turk.novice import Hand, Novice
from turk.own_site import Site
from turk.simulate import Crowd, simulate
from turk.stimuli import RoundTrip
from turk.studies import find_study, study_of
from turk.study import REAL, Stimulus, Study
from turk.study_file import read_study_file
from turk.tables import StudyRow
from turk.true_colors import true_colors

WITHOUT, WITH = CONDITIONS


def write_photos(folder: Path, photos: int, size: int = 40) -> None:
    folder.mkdir(parents=True)
    for number in range(photos):
        pixels = np.kron(patches(number)[::32, ::32], np.ones((size // 2, size // 2, 1), np.uint8))
        (folder / f"p{number}.png").write_bytes(png(pixels))


def file_of(root: Path, **changed: object) -> Path:
    known = {
        "name": "paint",
        "protocol": "novice2017",
        "source": {"real": "photos"},
        "parameters": {"size": 64, "test": 4},
    }
    path = root / "paint.yaml"
    path.write_text(yaml.safe_dump({**known, **changed}))
    return path


def ran(engine: Engine, *arguments: object) -> str:
    url = engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(turk, [*map(str, arguments), "--db", url], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.slow
def test_a_study_needs_photos_alone_and_keeps_them_as_they_are(sqlite_engine: Engine, tmp_path: Path) -> None:
    write_photos(tmp_path / "photos", 5)
    (tmp_path / "photos" / "old.png").write_bytes(png(np.full((40, 40, 3), 90, np.uint8)))

    built = build_study(sqlite_engine, file_of(tmp_path), tmp_path / "studies")

    study = built.study
    assert (study.conditions, study.catch, len(study.photos), study.exclusions) == (CONDITIONS, None, 6, {})
    assert study.stimuli[WITHOUT] == study.stimuli[WITH]
    for photo in study.photos:
        with Image.open(built.folder / "stimuli" / f"{study.stimuli[WITH][photo]}.png") as gray:
            pixels = np.array(gray)
        assert pixels.shape == (64, 64, 3)
        assert not np.ptp(pixels.astype(int), axis=2).any()
    assert any("1 photo has no color" in note for note in built.notes)
    assert not any("Lab and 8 bits" in note for note in built.notes)
    assert study.settings["stimuli"]["round_trip"] == {
        "pixels": RoundTrip().pixels + 6 * 1600,
        "differing": 0,
        "largest": 0,
    }
    assert "gray photos" in study.texts["en"]["consent_text"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"source": {"real": "photos", "conditions": {"a": "b"}}}, "people color photos, so a source of novice2017 is"),
        ({"source": {"run": "runs/a"}}, "people color photos, so a source of novice2017 is"),
        ({"source": {"resize": "crop"}}, "people color photos, so a source of novice2017 is"),
        ({"source": {}}, "a source is {real: FOLDER}, the photos that people color"),
        ({"exclusions": {"min_median_rt_ms": 300}}, "exclusion rules look at answers, and where people color"),
        ({"parameters": {"catch": 4}}, "there is no parameter of novice2017"),
        ({"parameters": {"seconds": 2}}, "seconds"),
    ],
)
def test_mistakes_of_a_study_file_are_named_with_their_line(
    tmp_path: Path, changed: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UserError) as caught:
        read_study_file(file_of(tmp_path, **changed))

    assert "paint.yaml, line" in str(caught.value)
    assert sentence in str(caught.value) or sentence == "there is no parameter of novice2017"


def test_too_few_photos_are_counted(sqlite_engine: Engine, tmp_path: Path) -> None:
    write_photos(tmp_path / "photos", 3)

    with pytest.raises(UserError, match="a session of novice2017 needs 5 photos under these parameters; got 3"):
        build_study(sqlite_engine, file_of(tmp_path), tmp_path / "studies")


def test_the_example_is_a_study_file_that_can_be_built(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(example("novice2017"))

    draft = read_study_file(tmp_path / "study.yaml")

    assert (draft.protocol.name, draft.source.real) == ("novice2017", tmp_path / "photos")


@pytest.mark.slow
def test_an_image_with_a_color_or_with_more_than_pixels_fails_the_audit(sqlite_engine: Engine, tmp_path: Path) -> None:
    gray, colored = np.full((8, 8, 3), 77, np.uint8), np.full((8, 8, 3), 77, np.uint8)
    colored[3, 3, 0] += 1
    note = b"tEXta\x00b"
    with_note = png(gray)[:33] + struct.pack(">I", 3) + note + struct.pack(">I", zlib.crc32(note)) + png(gray)[33:]

    passed = judged({png(gray): Stimulus("a", WITH)}, 4)
    failed = judged({png(colored): Stimulus("a", WITH), with_note: Stimulus("b", WITH)}, 4)

    assert passed.to_json() == {"kind": "gray", "sessions": 4, "images": 1, "faults": [], "passed": True}
    assert failed.faults == (
        "a: the image that participants get has colors", "b: the file has more than pixels (tEXt)"
    )  # fmt: skip
    row = make_coloring_study(sqlite_engine, tmp_path / "paint", state="built")
    with session_scope(sqlite_engine) as db:
        kept = {**failed.to_json(), "sha256": row.sha256, "at": now().isoformat()}
        db.get_one(StudyRow, row.id).audit = kept
    assert "failed: a: the image that participants get has colors" in ran(sqlite_engine, "status", "paint")
    with pytest.raises(UserError, match="its audit failed \\(a: the image that participants get has colors\\)"):
        launch(sqlite_engine, "paint", None)


def novice(*, knows: bool = True) -> Novice:
    colors = np.zeros((64, 64, 2), np.float32) + np.array([20, -30], np.float32)
    return Novice(lambda photo: colors, (1, 2), knows)


def test_novices_take_their_time_and_know_the_colors_more_or_less() -> None:
    task = {"size": 64, "seconds": 3600, "recommendations": False}
    events = list(novice().events("p", task, 0, lambda x, y: ()))

    placed = [event for event in events if event["kind"] == "place"]
    times = [event["at_ms"] for event in events]
    pauses = np.diff(times)
    assert times == sorted(times)
    assert times[-1] < 3600_000
    assert abs(np.median(pauses) - Hand().point_ms) < 500
    assert abs(np.mean([event["a"] for event in placed]) - 20) < 3
    assert abs(np.std([event["b"] for event in placed]) - Hand().error) < 2
    assert {event["source"] for event in placed} == {"palette"}
    assert {event["kind"] for event in events} == {"place", "move", "delete"}
    assert events == list(novice().events("p", task, 0, lambda x, y: ()))
    guessed = [event["a"] for event in novice(knows=False).events("p", task, 0, lambda x, y: ()) if "a" in event]
    assert abs(np.mean(guessed)) < 5


def test_novices_take_the_nearest_recommended_color_where_one_is_near() -> None:
    task = {"size": 64, "seconds": 600, "recommendations": True}
    events = list(novice().events("p", task, 0, lambda x, y: ((22.0, -28.0), (80.0, 60.0))))

    placed = [event for event in events if event["kind"] == "place"]
    taken = [event for event in placed if event["source"] == "recommended"]
    assert len(taken) > len(placed) / 2
    assert {(event["a"], event["b"]) for event in taken} == {(22.0, -28.0)}


@pytest.mark.slow
def test_all_kinds_of_synthetic_people_color_through_http(sqlite_engine: Engine, tmp_path: Path) -> None:
    row = make_coloring_study(sqlite_engine, tmp_path / "paint", parameters={"seconds": 20, "practice_seconds": 20})
    study = Study.from_json(row.config)
    kinds = ("psychometric", "reloader", "double_submitter", "quitter", "guesser", "too_fast")
    crowd = Crowd(6, {kind: 1 / 6 for kind in kinds}, colors=true_colors(study, tmp_path / "paint"), at_once=2)

    with run_site(sqlite_engine, tmp_path) as site:
        reports = simulate(study, site, crowd)

    by_kind = {report.kind: report for report in reports}
    assert [fault for report in reports for fault in report.faults] == []
    assert by_kind["psychometric"].outcome == "finished"
    assert by_kind["reloader"].counts["reloads"] >= 1
    assert by_kind["double_submitter"].counts["conflicts"] >= 1
    assert by_kind["quitter"].outcome in ("left", "vanished")
    assert by_kind["too_fast"].counts["too_fast"] >= 1
    with session_scope(sqlite_engine, read_only=True) as db:
        assert {event.source for event in db.scalars(select(PointEventRow)) if event.kind == "place"} == {"palette"}


def test_planted_rates_are_none_where_people_color(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_coloring_study(sqlite_engine, tmp_path / "paint")
    url = sqlite_engine.url.render_as_string(hide_password=False)

    with pytest.raises(UserError, match="--fool-rate: people color in this study and judge nothing"):
        CliRunner().invoke(simulate_command, ["paint", "--fool-rate", "a=0.3", "--db", url], catch_exceptions=False)


@pytest.mark.slow
def test_two_study_files_and_one_report(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Automatic against guided without and with recommendations, judged by others."""
    monkeypatch.setenv("STUDIES_DIR", str(tmp_path / "studies"))
    write_photos(tmp_path / "photos", 14)
    ran(sqlite_engine, "build", file_of(tmp_path, parameters={"size": 64, "practice": 2, "test": 12}))
    with session_scope(sqlite_engine) as db:
        row = find_study(db, "paint")
        study, folder = study_of(row), Path(row.folder)
    crowd = Crowd(6, {"psychometric": 1}, colors=true_colors(study, folder), at_once=2)
    with run_site(sqlite_engine, tmp_path) as site:
        reports = simulate(study, site, crowd)
        assert {report.outcome for report in reports} == {"finished"}

        out = tmp_path / "colored"
        told = ran(sqlite_engine, "collect", "paint", "--synthetic", "--out", out)
        assert "14 photos, each colored by" in told
        judge = yaml.safe_load((out / "judge.yaml").read_text()) | {"analysis": {"draws": 1000}}
        judge["parameters"] |= {"size": 64}
        (out / "judge.yaml").write_text(yaml.safe_dump(judge))
        ran(sqlite_engine, "build", out / "judge.yaml")
        judged_by_others(sqlite_engine, site, {"automatic": 0.1, WITHOUT: 0.27, WITH: 0.45})

    found = json.loads(ran(sqlite_engine, "analyze", "paint-judged", "--synthetic", "--format", "json"))
    assert set(found["conditions"]) == {"automatic", *CONDITIONS}
    rates = {name: condition["fool_rate"]["value"] for name, condition in found["conditions"].items()}
    assert rates["automatic"] < rates[WITH]
    folders = [word for name in ("automatic", *CONDITIONS) for word in ("--outputs", f"{name}={out / name}")]
    scored = ["score", "--images", str(out / "photos"), *folders, "--metrics", "psnr_rgb", "--out", str(out / "run")]
    assert CliRunner().invoke(evalsuite, scored, catch_exceptions=False).exit_code == 0
    psnr = {name: row["psnr_rgb"]["value"] for name, row in open_run(out / "run").summary["colorizers"].items()}
    assert psnr["automatic"] < min(psnr[WITHOUT], psnr[WITH])
    hints = ["--points", "0,1,2,4", "--hint-files", str(out / "hints" / WITH)]
    how = ["--colorizers", "levin2004", "--size", "64", "--metrics", "psnr_rgb", "--out", str(out / "sweep")]
    done = CliRunner().invoke(evalsuite, ["sweep", "--images", str(out / "photos"), *hints, *how])
    assert done.exit_code == 0, done.output


def judged_by_others(engine: Engine, site: Site, rates: dict[str, float]) -> None:
    with session_scope(engine) as db:
        judging = study_of(find_study(db, "paint-judged"))
    assert REAL in judging.stimuli
    simulate(judging, site, Crowd(30, {"psychometric": 1}, rates, at_once=2))
