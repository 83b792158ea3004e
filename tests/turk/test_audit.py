import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from sklearn.metrics import roc_auc_score
from sqlalchemy import Engine

from evalsuite.db import make_engine, session_scope
from evalsuite.errors import UserError
from tests.turk.images_made import picture, write_file, write_folders
from turk import hosting
from turk.audit import LIMIT, Area, Audit, Verdict, area_under, audit_study, judge, judged, receive, sessions_for
from turk.build import build_study
from turk.cli import group
from turk.commands import audit as audit_command
from turk.design import arms_of, plan_session
from turk.png import encode
from turk.received import Answer, Shown, image_of
from turk.registry import protocol
from turk.studies import find_study
from turk.study import REAL, Study

HEADERS = (("Content-Type", "image/png"), ("Date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("Content-Length", "12420"))
PHOTOS = tuple(f"p{k:02}" for k in range(60))
SESSIONS = 12


def study(name: str = "zhang2016") -> Study:
    parameters = {key: parameter.default for key, parameter in protocol(name).parameters.items()}
    return Study(
        name="x", protocol=name, parameters=parameters | {"practice": 2, "test": 30, "catch": 4},
        conditions=("ours", "theirs"), catch="random", photos=PHOTOS, stimuli={}, participants_per_condition=40,
        recruiter="link", reward_usd=Decimal(0),
    )  # fmt: skip


def token(rng: np.random.Generator) -> str:
    return base64.urlsafe_b64encode(rng.bytes(24)).decode()


def honest(frozen: Study, rng: np.random.Generator) -> list[Shown]:
    """What browsers receive when nothing leaks: same files, random names, times that hang on nothing."""
    file = image_of(Answer(HEADERS, encode(np.zeros((64, 64, 3), np.uint8)), 0.0))
    found = []
    for session in range(SESSIONS):
        plan = plan_session(frozen, arms_of(frozen)[session % len(arms_of(frozen))], session // 2, session)
        for number, trial in enumerate(plan.trials, 1):
            screen = protocol(frozen.protocol).screen(trial, frozen.parameters)
            nonce, told_seconds = token(rng), rng.gamma(4, 0.005)
            names = [token(rng) for _ in trial.stimuli]
            ahead = sorted(names)
            found += [
                Shown(
                    session=session,
                    trial=number,
                    practice=trial.kind == "practice",
                    place=place,
                    turn=screen.order.index(place),
                    token=names[place],
                    ahead=ahead.index(names[place]),
                    nonce=nonce,
                    told=json.dumps({"number": number}),
                    told_seconds=told_seconds,
                    image=replace(file, seconds=rng.gamma(4, 0.001)),
                    stimulus=stimulus,
                )
                for place, stimulus in enumerate(trial.stimuli)
            ]
    return found


def received(seed: int = 0, name: str = "zhang2016") -> list[Shown]:
    return honest(study(name), np.random.default_rng(seed))


def is_fake(shown: Shown) -> bool:
    return shown.stimulus.condition != REAL


Leak = Callable[[Shown, Shown], Shown]


def planted(leak: Leak) -> list[Shown]:
    """Let a leak change each image, told which is its trial's other one."""
    images = received()
    pairs = [sorted(images[k : k + 2], key=is_fake) for k in range(0, len(images), 2)]
    return [leak(shown, other) for real, fake in pairs for shown, other in ((real, fake), (fake, real))]


def with_file(shown: Shown, data: bytes) -> Shown:
    return replace(shown, image=replace(image_of(Answer(HEADERS, data, 0.0)), seconds=shown.image.seconds))


def deflated(shown: Shown, info: PngInfo | None = None) -> bytes:
    """The file of a usual encoder; a colorization is smoother than a photo."""
    rgb = picture(sum(shown.stimulus.photo.encode()))
    if not is_fake(shown):
        rgb = rgb ^ np.random.default_rng(len(shown.token)).integers(0, 4, rgb.shape, np.uint8)
    file = io.BytesIO()
    Pillow.fromarray(rgb).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def unpadded(shown: Shown, other: Shown) -> Shown:
    return with_file(shown, deflated(shown))


def metadata(shown: Shown, other: Shown) -> Shown:
    info = PngInfo()
    if is_fake(shown):
        info.add_text("Software", "torch")
    file = io.BytesIO()
    Pillow.new("RGB", (64, 64)).save(file, "PNG", pnginfo=info)
    return with_file(shown, file.getvalue())


def other_words(shown: Shown, other: Shown) -> Shown:
    """Metadata of one length that says another thing."""
    info = PngInfo()
    info.add_text("Software", "torch" if is_fake(shown) else "Nikon")
    file = io.BytesIO()
    Pillow.new("RGB", (64, 64)).save(file, "PNG", pnginfo=info)
    return with_file(shown, file.getvalue())


def sorted_tokens(shown: Shown, other: Shown) -> Shown:
    return replace(shown, token=min(shown.token, other.token) if is_fake(shown) else max(shown.token, other.token))


def fake_second(shown: Shown, other: Shown) -> Shown:
    return replace(shown, turn=int(is_fake(shown)))


def fake_left(shown: Shown, other: Shown) -> Shown:
    return replace(shown, place=int(not is_fake(shown)))


def first_ahead(shown: Shown, other: Shown) -> Shown:
    return replace(shown, ahead=int(is_fake(shown)))


def etag(shown: Shown, other: Shown) -> Shown:
    headers = (*shown.image.headers, ("ETag", f'"{shown.stimulus.condition}"'))
    return replace(shown, image=replace(shown.image, headers=headers))


def slower(shown: Shown, other: Shown) -> Shown:
    seconds = shown.image.seconds + (0.02 if is_fake(shown) else 0)
    return replace(shown, image=replace(shown.image, seconds=seconds))


def told_side(shown: Shown, other: Shown) -> Shown:
    fake = shown if is_fake(shown) else other
    return replace(shown, told=json.dumps({"number": shown.trial, "side": ["left", "right"][fake.place]}))


def name_of_side(shown: Shown, other: Shown) -> Shown:
    fake = shown if is_fake(shown) else other
    return replace(shown, nonce="lr"[fake.place] + shown.nonce[1:])


LEAKS: dict[Leak, str] = {
    unpadded: "byte length",
    metadata: "number of chunks",
    other_words: "byte 50 outside the pixels",
    sorted_tokens: "token sorts before the other's",
    fake_second: "turn",
    fake_left: "place",
    first_ahead: "position in the list ahead",
    etag: "headers",
    slower: "response time",
    told_side: "what is told of the trial, by place",
    name_of_side: "letter 0 of the trial's name, by place",
}
"""What leaks, and the clue that says it."""


def unable(verdict: Verdict) -> bool:
    """Whether nothing was told; by cross-validation, guesses come out somewhat below a half."""
    return verdict.area.low <= 0.5 and 0.44 < verdict.area.value < 0.54


@pytest.mark.slow
def test_where_nothing_leaks_the_truth_cannot_be_told() -> None:
    verdict = judge(received())

    assert unable(verdict)
    assert (verdict.images, verdict.sessions) == (SESSIONS * 36 * 2, SESSIONS)


@pytest.mark.slow
@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found_and_named(leak: Leak) -> None:
    verdict = judge(planted(leak))

    assert verdict.area.value > 0.97
    assert verdict.area.low > LIMIT
    assert Audit(verdict).failed == verdict
    assert {LEAKS[leak], f"{LEAKS[leak]}, beside the other's"} & set(dict(verdict.strongest))
    assert verdict.strongest[0][1] > 0.7


@pytest.mark.slow
def test_a_leak_in_one_image_of_four_is_found_too() -> None:
    def sometimes(shown: Shown, other: Shown) -> Shown:
        leaks = shown.trial % 4 == 0 and is_fake(shown)
        return replace(shown, image=replace(shown.image, length=shown.image.length + leaks))

    assert judge(planted(sometimes)).area.low > LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("name", ["single", "rating"])
def test_single_images_are_audited_by_themselves(name: str) -> None:
    images = received(1, name)

    clean, leaked = judge(images), judge([metadata(shown, shown) for shown in images])

    assert unable(clean)
    assert leaked.area.value > 0.97


@pytest.mark.slow
def test_where_no_photo_is_shown_conditions_must_not_be_told_apart() -> None:
    images = [shown for shown in received(2, "pairwise") if shown.stimulus.condition in ("ours", "theirs")]

    def leak(shown: Shown) -> Shown:
        return replace(shown, image=replace(shown.image, length=100 + len(shown.stimulus.condition)))

    clean, leaked = (judge(shown, ("ours", "theirs")) for shown in (images, [leak(shown) for shown in images]))

    assert unable(clean)
    assert leaked.area.value > 0.97


@pytest.mark.slow
def test_catch_trials_must_not_be_told_from_test_trials() -> None:
    images = received(3)

    def leak(shown: Shown) -> Shown:
        extra = shown.stimulus.condition == "random"
        return replace(shown, image=replace(shown.image, length=shown.image.length + extra))

    clean, leaked = judged(study(), images), judged(study(), [leak(shown) for shown in images])

    assert clean.catch is not None
    assert clean.catch.area.low <= 0.5
    assert clean.failed is None
    assert leaked.catch is not None
    assert leaked.catch.area.low > 0.6
    assert leaked.catch.strongest[0] == ("byte length", 1.0)
    assert leaked.failed is not None


@pytest.mark.slow
def test_a_condition_that_is_the_catch_condition_too_is_not_told_from_itself() -> None:
    both = replace(study(), catch="ours")

    assert judged(both, honest(both, np.random.default_rng(4))).catch is None


def test_only_clear_evidence_fails_the_few_catch_trials() -> None:
    fine = Verdict(Area(0.5, 0.49, 0.51), 20_000, 170, ())
    unclear, clear = (Verdict(Area(0.56, low, 0.6), 900, 170, ()) for low in (0.52, 0.54))

    assert Audit(fine, unclear).failed is None
    assert Audit(fine, clear).failed == clear
    assert Audit(fine, clear).to_json()["passed"] is False


def test_images_of_one_kind_cannot_be_audited() -> None:
    with pytest.raises(UserError, match="images of two kinds are needed; got only 'real'"):
        judge([shown for shown in received() if not is_fake(shown)])


def test_the_area_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(500) < 0.4
    scores = np.round(rng.normal(truth * 0.7, 1), 1)

    area = area_under(scores, truth, np.arange(500))

    assert area.value == pytest.approx(roc_auc_score(truth, scores))


def test_the_interval_without_groups_is_that_of_hanley_and_mcneil_for_exponential_scores() -> None:
    # Two negative exponential scores: AUC = r / (1 + r), Q1 = A / (2 - A), Q2 = 2 A^2 / (1 + A)  (Hanley, McNeil 1982).
    rng, ratio, count = np.random.default_rng(1), 3.0, 4000
    truth = np.arange(2 * count) < count
    scores = rng.exponential(np.where(truth, ratio, 1.0))
    a = ratio / (1 + ratio)
    q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
    variance = (a * (1 - a) + (count - 1) * (q1 - a**2) + (count - 1) * (q2 - a**2)) / count**2

    area = area_under(scores, truth, np.arange(2 * count))

    assert area.value == pytest.approx(a, abs=0.01)
    assert (area.high - area.low) / (2 * 1.959964) == pytest.approx(np.sqrt(variance), rel=0.03)


@pytest.mark.slow
def test_the_interval_with_groups_is_that_of_resampled_groups() -> None:
    rng, groups = np.random.default_rng(2), np.repeat(np.arange(120), 12)
    truth = rng.random(len(groups)) < 0.5
    scores = 0.8 * truth + rng.normal(size=120)[groups] * (2 * truth - 1) + rng.normal(size=len(groups))
    members = [np.flatnonzero(groups == k) for k in range(120)]
    draws = [np.concatenate([members[k] for k in rng.integers(0, 120, 120)]) for _ in range(400)]
    spread = np.std([roc_auc_score(truth[rows], scores[rows]) for rows in draws])

    area = area_under(scores, truth, groups)

    assert (area.high - area.low) / (2 * 1.959964) == pytest.approx(spread, rel=0.12)


def test_as_many_sessions_as_the_images_need() -> None:
    assert sessions_for(study(), 2000) == 28  # 72 images in each
    assert sessions_for(study("single"), 100) == 10


def test_too_few_images_give_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a verdict needs at least 2000 images; got 100"):
        audit_study(study(), tmp_path, 100)


def test_pixels_and_their_checksum_are_not_looked_at() -> None:
    one, other = (image_of(Answer(HEADERS, encode(picture(seed)), 0.0)) for seed in (1, 2))

    assert one == other
    assert one.outside.startswith(b"\x89PNG")
    assert ("Date", HEADERS[1][1]) not in one.headers


def test_what_is_no_png_is_looked_at_as_it_is() -> None:
    assert image_of(Answer(HEADERS, b"GIF89a" + bytes(600), 0.0)).outside == b"GIF89a" + bytes(506)


def build(engine: Engine, root: Path) -> tuple[Study, Path]:
    more = "parameters: {size: 64, practice: 2, test: 6, catch: 2, fixation_ms: 100}\n"
    built = build_study(engine, write_file(write_folders(root, 16), small=more), root / "studies")
    return built.study, built.folder


def deflate_fakes(frozen: Study, folder: Path) -> Study:
    """Write the fakes anew with a usual encoder, as a careless platform would."""
    stimuli: dict[str, dict[str, str]] = {}
    for condition, files in frozen.stimuli.items():
        stimuli[condition] = {}
        for photo, sha256 in files.items():
            data = hosting.read(folder, sha256)
            if condition != REAL:
                file = io.BytesIO()
                with Pillow.open(io.BytesIO(data)) as image:
                    image.save(file, "PNG")
                data = file.getvalue()
            stimuli[condition][photo] = hosting.write(folder, data)
    return replace(frozen, name="careless", stimuli=stimuli)


@pytest.mark.slow
def test_the_audit_receives_what_the_site_sends(sqlite_engine: Engine, tmp_path: Path) -> None:
    frozen, folder = build(sqlite_engine, tmp_path)
    sizes: list[int] = []

    images = receive(frozen, folder, 10, sizes.append)

    assert len(images) == sum(sizes) >= 10 * 10 * 2
    assert {shown.image.length for shown in images} == {12_420}
    assert len({shown.token for shown in images}) == len(images)
    assert {shown.place for shown in images} == {shown.turn for shown in images} == {0, 1}
    assert len({shown.image.headers for shown in images}) == 1
    assert all(shown.image.seconds > 0 for shown in images)
    verdict = judge(images)
    assert verdict.area.low <= 0.5

    careless = judge(receive(deflate_fakes(frozen, folder), folder, 10))
    assert careless.area.value > 0.97
    assert Audit(careless).failed == careless


def invoke(url: str, *words: str) -> Any:
    return CliRunner().invoke(group, ["audit", *words, "--db", url], standalone_mode=False)


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the audit find an area."""

    def find(value: float) -> None:
        verdict = Verdict(Area(value, value - 0.01, value + 0.01), 20_000, 170, (("byte length", 0.9),))
        monkeypatch.setattr(audit_command, "audit_study", lambda *_: Audit(verdict, verdict))

    return find


def kept(url: str) -> Any:
    engine = make_engine(url)
    with session_scope(engine, read_only=True) as session:
        found = find_study(session, "street").audit
    engine.dispose()
    return found


@pytest.mark.slow
def test_a_passed_audit_is_kept_with_the_hash_of_what_was_audited(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path, audited: Callable[[float], None]
) -> None:
    frozen, _ = build(sqlite_engine, tmp_path)
    audited(0.504)

    done = invoke(sqlite_url, "street")

    assert done.exit_code == 0
    assert done.output.startswith("street: passed; from everything but pixels, over HTTP:\n")
    assert (
        "photos from fakes      AUC 0.504, 95% interval [0.494, 0.514] over 170 sessions, 20,000 images" in done.output
    )
    assert done.output.endswith("Next: turk launch street\n")
    facts = kept(sqlite_url)
    assert (facts["passed"], facts["auc"], facts["sha256"]) == (True, 0.504, frozen.hash)
    assert facts["ci95"] == pytest.approx([0.494, 0.514])


@pytest.mark.slow
def test_a_failed_audit_is_a_mistake_that_is_kept_and_names_the_clue(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path, audited: Callable[[float], None]
) -> None:
    build(sqlite_engine, tmp_path)
    audited(0.5301)

    done = invoke(sqlite_url, "street")

    assert isinstance(done.exception, UserError)
    assert "got AUC 0.530, expected at most 0.53. Most of it comes from: byte length (AUC 0.900 alone)" in str(
        done.exception
    )
    assert kept(sqlite_url)["passed"] is False


@pytest.mark.slow
def test_a_damaged_study_is_not_audited(sqlite_engine: Engine, sqlite_url: str, tmp_path: Path) -> None:
    frozen, folder = build(sqlite_engine, tmp_path)
    hosting.path_of(folder, frozen.stimuli["ours"]["p01"]).unlink()

    done = invoke(sqlite_url, "street")

    assert "1 stimuli in" in str(done.exception)
    assert kept(sqlite_url) is None


def test_too_few_images_cannot_be_asked_for(sqlite_url: str) -> None:
    assert "2000" in str(invoke(sqlite_url, "street", "--images", "1999").exception)
