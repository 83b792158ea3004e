"""The smallest IAM policy with which studies are paid through MTurk, and hosted on S3."""

from __future__ import annotations

from typing import Any

MTURK_OPERATIONS = (
    "ApproveAssignment",
    "AssociateQualificationWithWorker",
    "CreateAdditionalAssignmentsForHIT",
    "CreateHITType",
    "CreateHITWithHITType",
    "CreateQualificationType",
    "DeleteHIT",
    "GetAccountBalance",
    "GetAssignment",
    "GetHIT",
    "ListAssignmentsForHIT",
    "ListBonusPayments",
    "ListHITs",
    "ListQualificationTypes",
    "ListWorkersWithQualificationType",
    "NotifyWorkers",
    "RejectAssignment",
    "SendBonus",
    "UpdateExpirationForHIT",
    "UpdateNotificationSettings",
)
"""Those that turk.recruiters.mturk calls; a test compares."""
S3_ACTIONS = ("DeleteObject", "GetObject", "PutObject")
"""What turk.hosting does: keep and copy, sign addresses that read, delete."""


def policy(bucket: str | None = None, prefix: str = "") -> dict[str, Any]:
    """Make the policy as JSON; a bucket, and what keys in it begin with, where stimuli go to S3."""
    # MTurk knows no resource smaller than an account.
    statements = [_statement("Recruit", "mechanicalturk", MTURK_OPERATIONS, "*")]
    if bucket is not None:
        statements.append(_statement("Host", "s3", S3_ACTIONS, f"arn:aws:s3:::{bucket}/{prefix}*"))
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(name: str, service: str, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    allowed = [f"{service}:{action}" for action in actions]
    return {"Sid": name, "Effect": "Allow", "Action": allowed, "Resource": resource}
