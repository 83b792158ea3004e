"""What every column of an export means."""

from __future__ import annotations

from collections.abc import Mapping

CODEBOOK: Mapping[str, Mapping[str, str]] = {
    "responses": {
        "participant": "Pseudonym within this study: a keyed hash that cannot be read back or linked to other studies.",
        "session": "Number of the session; a participant has one in a study.",
        "arm": "What the session was assigned to: a condition, or all.",
        "number": "Place of the trial in the session, from 0; replacements come last.",
        "kind": "practice, test or catch.",
        "photo": "Id of the photo in the study.",
        "condition": "The fake's condition; in preferences the left image's; real where only the photo was shown.",
        "other_condition": "In preferences the right image's condition; else empty.",
        "fake_place": "0: the fake was left, 1: right; empty where there is not exactly one fake.",
        "fake_turn": "0: the fake was shown first, 1: second (equal to fake_place where both are shown at once).",
        "answer": "What was chosen.",
        "correct": "Whether the answer names the truth; empty where there is none.",
        "value": "What is averaged. Fool rates: 1 when mistaken. Preferences: 1 for the right image. Naturalness: 1 "
        "for natural. Ratings: 1 to 5.",
        "rt_ms": "From the question to the answer, in ms, measured in the browser.",
        "valid": "Whether the exposure was as planned: within a frame, visible, nothing dropped. Others do not count.",
        "measured_ms": "The image's exposure that was furthest from the plan, in ms, at the browser's compositor.",
        "refresh_hz": "The screen's refresh rate as the browser measured it, in Hz.",
        "replaces": "Number of the invalid trial that this one stands in for; else empty.",
        "answered_at": "When the answer was kept, UTC.",
        "excluded": "Whether the session is left out by a rule of the frozen study or a recorded decision.",
    },
    "exposures": {
        "session": "As in responses.",
        "number": "The trial's, as in responses.",
        "place": "0: left (or the only image), 1: right.",
        "planned_ms": "How long the image was to be visible, in ms; empty: until the answer.",
        "on_ms": "Time stamp of the animation frame that showed it, in ms from the start of the trial.",
        "off_ms": "Time stamp of the frame that hid it.",
        "frames": "Animation frames while it was visible.",
        "long_frames": "Those that took more than one and a half times the screen's usual frame.",
        "presented_ms": "From the paint of the image to that of its mask, where the browser tells, in ms.",
        "refresh_hz": "As in responses.",
        "hidden": "Whether the tab was hidden between the cross and the answer.",
        "again": "Whether the page was loaded again during the trial, so that the images may have been seen before.",
        "valid": "As in responses.",
    },
    "events": {
        "participant": "As in responses of other studies: a pseudonym within this study.",
        "session": "Number of the session; a participant has one in a study.",
        "number": "Place of the photo in the session, from 0; the tutorial comes first.",
        "photo": "Id of the photo in the study.",
        "condition": "Whether colors were recommended.",
        "event": "Number of the event at this photo, from 0.",
        "kind": "place a point, move it, color or resize it, or delete it.",
        "point": "The point's number at this photo.",
        "x": "Column of its center in pixels of the photo, from 0; empty where the event does not set it.",
        "y": "Row of its center.",
        "a": "Its color, Lab units.",
        "b": "Its color, Lab units.",
        "size": "Side of the patch that it colors, in pixels.",
        "source": "Where its color was chosen: palette, recommended and so on.",
        "layer": "Above how many others a placed point lies; empty: above all.",
        "at_ms": "The browser's time since the photo was opened.",
        "kept_at": "When the event was on disk, UTC.",
    },
    "sessions": {
        "participant": "As in responses.",
        "session": "As in responses.",
        "arm": "As in responses.",
        "rank": "How-many-th place of its arm, from 0: decides the photos.",
        "state": "finished, or how far it came: entered, consented, ready, running, left, refused, declined, "
        "abandoned.",
        "synthetic": "True: a simulated participant, no person.",
        "observer": "What kind of simulated participant; empty for people.",
        "locale": "Language of the page.",
        "consent_version": "Version of the consent text that was agreed to.",
        "color_vision": "What was answered about color vision.",
        "width": "Of the window, in CSS pixels.",
        "height": "Of the window, in CSS pixels.",
        "dpr": "Device pixels per CSS pixel.",
        "touch": "Whether the device has a touch screen.",
        "refresh_hz": "The screen's refresh rate at the device check, in Hz.",
        "comment": "What the participant wrote at the end, as it was written.",
        "created_at": "When the participant came, UTC.",
        "consented_at": "UTC.",
        "started_at": "When the first trial began, UTC.",
        "finished_at": "UTC.",
        "minutes": "From coming to finishing.",
        "excluded": "As in responses.",
    },
    "exclusions": {
        "session": "As in responses.",
        "participant": "As in responses.",
        "arm": "As in responses.",
        "rule": "Rule of the frozen study that the session breaks, or by_hand.",
        "threshold": "The rule's.",
        "value": "What was found.",
        "reason": "In words.",
    },
    "decisions": {
        "session": "The session that was decided about; empty for the study.",
        "kind": "launch, pause, resume, close, unblind, exclude, reject, paid (a link's code was handed over), forget.",
        "reason": "As it was given.",
        "by": "Who decided.",
        "at": "UTC.",
    },
    "identities": {
        "participant": "As in responses.",
        "platform": "Where the person came from.",
        "name": "What the platform calls the person. Personal data: delete it when paying is done.",
    },
}
"""Table to column to meaning, in the order in which they are written."""


def codebook_text(study: str, sha256: str, synthetic: bool, tables: Mapping[str, int]) -> str:
    """Write the codebook of the tables that were exported, with their numbers of rows."""
    lines = [f"# Codebook of {study}", ""]
    if synthetic:
        lines += ["**SYNTHETIC PARTICIPANTS, NO PEOPLE.**", ""]
    lines += [
        f"Frozen study {sha256}; its whole configuration is in study.json.",
        "Each table is there as CSV and as Parquet. In CSV files a text that begins with = + - @ has an apostrophe "
        "before it, so that no spreadsheet runs it; Parquet files have it as it was written.",
    ]
    for table, rows in tables.items():
        lines += ["", f"## {table} ({rows:,} rows)", "", "| column | meaning |", "| --- | --- |"]
        lines += [f"| {column} | {meaning} |" for column, meaning in CODEBOOK[table].items()]
    return "\n".join(lines) + "\n"
