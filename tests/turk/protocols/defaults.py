"""Studies at the defaults of their protocols, for the laws."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from turk.registry import any_protocol
from turk.study import Study


def at_defaults(
    name: str,
    conditions: tuple[str, ...],
    catch: str | None,
    photos: int | None,
    changes: Mapping[str, object],
) -> Study:
    """A study at a protocol's defaults but for the changes, with some more photos than it needs unless told."""
    declared = any_protocol(name)
    parameters = {key: parameter.default for key, parameter in declared.parameters.items()} | {**changes}
    needed = declared.photos_needed(parameters)
    return Study(
        name="a-study",
        protocol=name,
        parameters=parameters,
        conditions=conditions,
        catch=catch,
        photos=tuple(f"photo{number:04}" for number in range(photos or needed + 5)),
        stimuli={},
        participants_per_condition=40,
        recruiter="link",
        reward_usd=Decimal("1.40"),
    )
