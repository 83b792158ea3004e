from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from evalsuite.typesetting import Cell, Table, decimals, describe, escape, head, latex, markdown, number, p_value, span

ADDRESS = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
TABLE = Table(
    "5% of a_b",
    ("Method", "AuC \N{UPWARDS ARROW} (%)"),
    (("eccv16", (Cell("89.5", "[89.1, 89.9]", "best"),)), ("a|b", (Cell("89.4", "[-0.1, 1]", "tied"),))),
    ("n < 3 & more",),
)


def test_markdown_lines_up_and_keeps_bars_inside_their_cell() -> None:
    lines = markdown(TABLE).splitlines()

    assert lines[0] == "5% of a_b"
    assert lines[4] == "| eccv16 | **89.5** [89.1, 89.9] |"
    assert lines[5] == "| a\\|b   |       89.4\N{DAGGER} [-0.1, 1] |"
    assert len({len(line) for line in lines[2:6]}) == 1
    assert lines[-1] == "- n < 3 & more"


def test_latex_has_booktabs_bold_dagger_and_no_bare_special() -> None:
    text = latex(TABLE, "my run_1")

    assert r"\caption{5\% of a\_b}" in text
    assert r"\label{tab:my-run-1}" in text
    assert "eccv16 & \\textbf{89.5} \\\\\n & {\\tiny [89.1, 89.9]} \\\\" in text
    assert "89.4$^\\dagger$ \\\\\n & {\\tiny [$-$0.1, 1]} \\\\" in text
    assert r"n \textless{} 3 \& more" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert text.count("{") == text.count("}")


def test_latex_breaks_long_heads_and_leaves_out_lines_without_intervals() -> None:
    lines = latex(
        Table("c", ("Method", "LPIPS (Alex) \N{DOWNWARDS ARROW} (dB)"), (("a", (Cell("1"),)),)), "t"
    ).splitlines()
    start, end = lines.index(r"\toprule"), lines.index(r"\bottomrule")

    assert lines[start + 1 : end] == [r" & LPIPS (Alex) \\", r"Method & $\downarrow$ (dB) \\", r"\midrule", r"a & 1 \\"]
    assert lines[-1] == r"\end{table}"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_latex_compiles_and_its_columns_fit_the_page(tmp_path: Path) -> None:
    cells = tuple(Cell("100.00", "[100.00, 100.00]", "tied") for _ in range(5))
    heads = ("Method", *("ab error, 95th percentile \N{DOWNWARDS ARROW} (Lab units)" for _ in cells))
    body = latex(
        Table("5% of a_b", heads, tuple((f"Zhang & al. {k}", cells) for k in range(9)), (f"see {ADDRESS}",) * 90), "t"
    )
    packages = r"\documentclass{article}\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\usepackage{booktabs}"
    (tmp_path / "t.tex").write_text(packages + r"\begin{document}" + body + r"\end{document}")

    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stdout[-2000:]
    assert "Overfull" not in made.stdout
    assert "Float too large" not in made.stdout


@pytest.mark.parametrize("special", list("&%$#_{}~^\\<>"))
def test_every_character_that_latex_reads_is_escaped(special: str) -> None:
    assert escape(f"a{special}b").startswith("a\\")


def test_a_hyphen_in_a_word_or_a_flag_is_no_minus() -> None:
    assert escape("full-reference --limit -3.5") == "full-reference --limit $-$3.5"


def test_shares_are_printed_as_percentages_and_nothing_as_a_dash() -> None:
    assert number(0.8951, "fraction", 1) == "89.5"
    assert number(24.428, "dB", 2) == "24.43"
    assert number(None, "dB", 2) == number(float("nan"), "dB", 2) == "\N{EN DASH}"


def test_signed_numbers_carry_their_sign_but_zero_has_none() -> None:
    assert number(0.5, "dB", 2, signed=True) == "+0.50"
    assert number(-0.001, "dB", 2) == number(0.001, "dB", 2, signed=True) == "0.00"


def test_decimals_follow_the_unit_or_the_size_of_the_values() -> None:
    assert decimals("fraction", [0.9]) == 1
    assert decimals("", [0.918, 0.7]) == 3
    assert decimals("", [38.26, 1.2]) == 2
    assert decimals("", []) == 3


def test_intervals_and_p_values_read_as_in_a_paper() -> None:
    assert span([0.8912, 0.899], "fraction", 1) == "[89.1, 89.9]"
    assert span(None, "dB", 2) == ""
    assert [p_value(p) for p in (None, 0.0002, 0.0449)] == ["\N{EN DASH}", "<0.001", "0.045"]


def test_heads_point_to_the_better_side() -> None:
    assert head("PSNR", "dB", "higher") == "PSNR \N{UPWARDS ARROW} (dB)"
    assert head("CIEDE2000", "CIEDE2000", "lower") == "CIEDE2000 \N{DOWNWARDS ARROW}"
    assert head("Colorfulness", "", None) == "Colorfulness"


def test_a_dataset_is_named_with_its_photos_and_its_resize_policy() -> None:
    dataset = {"name": "ctest10k", "images": 10_000, "size": 256, "resize": "squash"}

    assert describe(dataset) == "ctest10k: 10,000 photos squashed to 256 x 256"
    assert describe(dataset | {"resize": "native", "size": None}) == "ctest10k: 10,000 photos at their own sizes"
