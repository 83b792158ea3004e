"""Completion codes: what a study may say about them."""

from __future__ import annotations

from typing import Any

from turk.emulator.prolific.errors import invalid
from turk.emulator.prolific.records import SCREEN_OUT

FIELDS: dict[str, dict[str, type]] = {
    "AUTOMATICALLY_APPROVE": {},
    "MANUALLY_REVIEW": {},
    "ADD_TO_PARTICIPANT_GROUP": {"participant_group": str},
    "REMOVE_FROM_PARTICIPANT_GROUP": {"participant_group": str},
    "REQUEST_RETURN": {"return_reason": str},
    "DYNAMIC_PAYMENT": {},
    SCREEN_OUT: {"fixed_screen_out_reward": int, "slots": int},
}
"""The actions, and the fields that each needs."""
ENDINGS = {"AUTOMATICALLY_APPROVE", "MANUALLY_REVIEW", "DYNAMIC_PAYMENT", SCREEN_OUT}
"""Actions that decide what becomes of a submission: one of them at most."""


def read_codes(value: Any, reward: int) -> list[dict[str, Any]]:
    """Check the completion codes of a study; each comes back with all its fields."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _refuse("Expected a list of items.")
    codes = [_read_code(item, reward) for item in value]
    texts = [code["code"] for code in codes]
    if len(set(texts)) < len(texts):
        raise _refuse("Each code must be unique within a study.")
    screening = [code for code in codes if any(action["action"] == SCREEN_OUT for action in code["actions"])]
    if len(screening) > 1:
        raise _refuse("A custom screening action is limited to a single code.")
    _check_null(codes)
    return codes


def _read_code(item: dict[str, Any], reward: int) -> dict[str, Any]:
    missing = [name for name in ("code", "code_type", "actions") if name not in item]
    if missing:
        raise _refuse(f"{missing[0]}: This field is required.")
    actor = item.get("actor", "participant")
    if actor not in ("participant", "researcher"):
        raise _refuse("actor: Choose participant or researcher.")
    if not (item["code"] is None or (isinstance(item["code"], str) and item["code"])):
        raise _refuse("code: A code is a text, or null.")
    if not isinstance(item["code_type"], str) or not isinstance(item["actions"], list):
        raise _refuse("code_type is a text, and actions is a list.")
    actions = [_read_action(action, actor, reward) for action in item["actions"]]
    endings = [action["action"] for action in actions if action["action"] in ENDINGS]
    if len(endings) > 1:
        raise _refuse(f"{' and '.join(endings)} cannot be used together.")
    return {"code": item["code"], "code_type": item["code_type"], "actions": actions, "actor": actor}


def _read_action(action: Any, actor: str, reward: int) -> dict[str, Any]:
    if not isinstance(action, dict) or action.get("action") not in FIELDS:
        raise _refuse(f"An action is one of {', '.join(FIELDS)}.")
    for name, kind in FIELDS[action["action"]].items():
        if type(action.get(name)) is not kind:
            raise _refuse(f"{action['action']} needs {name}.")
    if action["action"] == "DYNAMIC_PAYMENT" and actor != "researcher":
        raise _refuse("DYNAMIC_PAYMENT needs the actor researcher.")
    if action["action"] == SCREEN_OUT and not (0 < action["fixed_screen_out_reward"] < reward and action["slots"] > 0):
        raise _refuse("fixed_screen_out_reward must be less than the reward, and slots more than none.")
    return {name: action[name] for name in ("action", *FIELDS[action["action"]])}


def _check_null(codes: list[dict[str, Any]]) -> None:
    others = [code for code in codes if code["actor"] == "participant" and code["code"] is not None]
    for code in codes:
        if code["code"] is None and (code["actor"] != "participant" or code["actions"] or others):
            raise _refuse("A null code is the participants' only one, and has no actions.")


def grow_slots(codes: list[dict[str, Any]], value: Any) -> list[dict[str, Any]]:
    """Give more screen-out slots to codes of a published study; nothing else about its codes can change."""
    wanted = {
        item.get("code"): action.get("slots")
        for item in (value if isinstance(value, list) else [])
        if isinstance(item, dict)
        for action in item.get("actions", [])
        if isinstance(action, dict) and action.get("action") == SCREEN_OUT
    }
    known = {code["code"]: action for code in codes for action in code["actions"] if action["action"] == SCREEN_OUT}
    if not wanted or not set(wanted) <= set(known):
        raise _refuse("Once a study is published only the slots of its screen-out code can be changed.")
    for text, slots in wanted.items():
        if type(slots) is not int or slots < known[text]["slots"]:
            raise _refuse("slots can only be increased.")
    return [
        {**code, "actions": [_with_slots(action, wanted.get(code["code"])) for action in code["actions"]]}
        for code in codes
    ]


def _with_slots(action: dict[str, Any], slots: int | None) -> dict[str, Any]:
    return {**action, "slots": slots} if slots and action["action"] == SCREEN_OUT else action


def _refuse(rule: str) -> Exception:
    return invalid(completion_codes=rule)
