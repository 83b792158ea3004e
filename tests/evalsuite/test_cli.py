"""The commands as a user gives them, most in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from evalsuite.cli import COMMANDS, group, main
from evalsuite.errors import UserError
from tests.evalsuite.interrupted import killed, six_tiles, waiting_method

SMALL = ["--size", "32", "--metrics", "psnr_rgb,ssim,auc"]


def evalsuite(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evalsuite.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def inside(*words: object) -> Result:
    return CliRunner().invoke(group, [*map(str, words)])


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(group, [name, "--help"])

    assert shown.exit_code == 0
    assert f"evalsuite {name}" in shown.output.split("Example:")[1]


def test_help_does_not_load_torch() -> None:
    show = "import sys; from evalsuite.cli import group; group(['--help'], standalone_mode=False)"
    code = f"{show}; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_from_photos_to_a_table(photos: Path, tmp_path: Path) -> None:
    out, database = tmp_path / "run", f"sqlite:///{tmp_path}/results.db"

    ran = evalsuite("run", "--images", photos, "--colorizers", "gray,random", *SMALL, "--out", out)
    report = evalsuite("report", out, "--format", "json")
    imported = evalsuite("import", out, "--db", database)
    # A process takes seconds to load torch; these say the same inside of this one.
    latex = inside("report", out, "--format", "latex", "--style", "zhang2016")
    compared = inside("compare", out, "gray", "random", "--format", "json")
    explained = inside("report", out, "--explain", "auc")
    again = inside("import", out, "--db", database)
    verified = inside("verify", out)

    for done in (ran, report, imported):
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
    for told in (latex, compared, explained, again, verified):
        assert told.exit_code == 0, told.output
        assert told.stderr == ""
    assert "PSNR" in ran.stdout
    assert json.loads(report.stdout) == json.loads((out / "summary.json").read_text())
    assert r"\toprule" in latex.stdout
    assert json.loads(compared.stdout)
    assert "151" in explained.stdout
    assert "imported, 42 scores" in imported.stdout
    assert "nothing changed" in again.stdout
    assert "differs" not in verified.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "--images", "nowhere", "--colorizers", "gray", "--out", "r"], "nowhere"),
        (["run", "--images", ".", "--colorizers", "grey", "--out", "r"], "Did you mean 'gray'"),
        (["run", "--images", ".", "--colorizers", "gray", "--metrics", "psnr", "--out", "r"], "psnr"),
        (["run", "--images", ".", "--colorizers", "gray", "--weights", "gray", "--out", "r"], "NAME=FILE"),
        (["score", "--images", ".", "--outputs", "a=x", "--outputs", "a=y", "--out", "r"], "twice"),
        (["report", "nowhere"], "no run folder"),
        (["compare", "nowhere", "a", "b"], "no run folder"),
        (["frobnicate"], "No such command"),
        (["run"], "Missing option"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["evalsuite", *words])

    with pytest.raises(SystemExit) as ended:
        main()

    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert says in shown.err
    assert shown.out == ""
    assert not (tmp_path / "r").exists()


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evalsuite.cli.group", interrupted)

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 130
    assert "goes on from here" in capsys.readouterr().err


@pytest.mark.slow
def test_strict_ends_with_2_when_a_file_failed(photos: Path, tmp_path: Path) -> None:
    (photos / "bad.jpg").write_text("no photo")
    words = ["run", "--images", photos, "--colorizers", "gray", *SMALL, "--out", tmp_path / "run"]

    loose, strict = inside(*words), evalsuite(*words, "--strict")

    assert loose.exit_code == 0
    assert "failed  bad: " in loose.stderr
    assert strict.returncode == 2
    assert "--strict" in strict.stderr


@pytest.mark.slow
def test_a_killed_run_goes_on_with_the_same_command(photos: Path, tmp_path: Path) -> None:
    six_tiles(photos)
    words = ["run", "--images", photos, "--colorizers", f"{waiting_method(tmp_path)},gray", *SMALL, "--out"]
    command = [sys.executable, "-m", "evalsuite.cli", *map(str, words), str(tmp_path / "killed")]

    done_before = killed(command, tmp_path, tmp_path / "killed")
    resumed, fresh = evalsuite(*words, tmp_path / "killed"), evalsuite(*words, tmp_path / "fresh")

    assert 0 < done_before < 6
    assert resumed.returncode == fresh.returncode == 0, resumed.stderr
    assert (tmp_path / "killed" / "summary.json").read_bytes() == (tmp_path / "fresh" / "summary.json").read_bytes()
    assert (tmp_path / "killed" / "outputs.sha256").read_bytes() == (tmp_path / "fresh" / "outputs.sha256").read_bytes()


@pytest.mark.slow
def test_score_pairs_results_by_stem(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for photo in photos.glob("*.png"):
        (tmp_path / "other" / photo.name).write_bytes(photo.read_bytes())
    (tmp_path / "other" / "extra.png").write_bytes((photos / "p0.png").read_bytes())
    words = [
        "--images",
        photos,
        "--outputs",
        f"other={tmp_path}/other",
        "--metrics",
        "l_shift,ssim",
        "--out",
        tmp_path / "r",
    ]

    done = evalsuite("score", *words)

    assert done.returncode == 0, done.stderr
    assert "extra   other: extra.png is the result of no photo" in done.stderr
    assert "- Results of other without a photo: extra.png." in done.stdout
    assert json.loads((tmp_path / "r" / "manifest.json").read_text())["extra"] == {"other": ["extra.png"]}


@pytest.mark.parametrize("policy", [(), ("--resize", "native")])
def test_score_refuses_results_of_another_size(photos: Path, tmp_path: Path, policy: tuple[str, ...]) -> None:
    (tmp_path / "other").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "other" / "p0.png")
    words = ["score", "--images", str(photos), "--outputs", f"other={tmp_path}/other", "--out", str(tmp_path / "r")]

    with pytest.raises(UserError, match=r"p0 is 9 x 9, its photo 40 x 32.*--resize squash or crop"):
        CliRunner().invoke(group, [*words, *policy], catch_exceptions=False)


def test_the_list_shows_papers_licences_and_weights() -> None:
    shown = CliRunner().invoke(group, ["list", "colorizers"], env={"COLUMNS": "240"})

    assert shown.exit_code == 0, shown.exception
    assert "colorization_release_v2-9b330a0b.pth" in shown.output
    assert "BSD" in shown.output
