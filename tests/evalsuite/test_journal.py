from pathlib import Path

from evalsuite.journal import Entry, append, read_journal, seconds_of


def entry(tile: int) -> Entry:
    return Entry(tile, [{"id": f"p{tile}"}], [["gray", tile, "why"]], [["outputs/gray/p.png", "00"]], {"decode": 1.5})  # type: ignore[list-item]


def test_a_journal_is_read_back_by_tile(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for tile in (2, 0):
        append(path, entry(tile))

    assert read_journal(path) == [entry(0), entry(2)]


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "journal.jsonl") == []


def test_a_line_that_was_cut_off_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append(path, entry(0))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])

    entries = read_journal(path)

    assert entries == [entry(0)]
    assert path.read_bytes() == whole


def test_seconds_add_up_by_stage() -> None:
    assert seconds_of([entry(0), entry(1)]) == {"decode": 3.0}
