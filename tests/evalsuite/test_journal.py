from pathlib import Path

from evalsuite.journal import Entry, append, read_journal, seconds_of


def entry(tile: int) -> Entry:
    failures = [["gray", tile, "why"]]
    outputs = [["outputs/gray/p.png", "00"]]
    return Entry(tile, [{"id": f"p{tile}"}], failures, outputs, {"decode": 1.5})  # type: ignore[arg-type]  # as JSON


def test_a_journal_is_read_back_by_tile_as_often_as_one_likes(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for tile in (2, 0):
        append(path, entry(tile))

    journal = read_journal(path)

    assert list(journal) == list(journal) == [entry(0), entry(2)]
    assert list(journal.photos()) == [{"id": "p0"}, {"id": "p2"}]
    assert [i for _, i, _ in journal.failures()] == [0, 2]
    assert [sha256 for _, sha256 in journal.outputs()] == ["00", "00"]


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    journal = read_journal(tmp_path / "journal.jsonl")

    assert list(journal) == []
    assert list(journal.photos()) == []


def test_a_line_that_was_cut_off_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append(path, entry(0))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])

    journal = read_journal(path)

    assert list(journal) == [entry(0)]
    assert path.read_bytes() == whole


def test_of_a_tile_that_was_done_twice_the_later_counts(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append(path, entry(0))
    append(path, Entry(0, [{"id": "later"}], [], [], {}))

    assert list(read_journal(path).photos()) == [{"id": "later"}]


def test_seconds_add_up_by_stage() -> None:
    assert seconds_of([entry(0), entry(1)]) == {"decode": 3.0}
