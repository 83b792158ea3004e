"""Who asks, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["anonymous", "viewer", "researcher", "admin"]
ROLES: tuple[Role, ...] = ("anonymous", "viewer", "researcher", "admin")
"""Viewers see what runs and people say in sum, researchers single trials, admins money and names."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks.

    Attributes:
        role: What they may see.
        name: What they are called in lists and logs.
        shares: The share links that they opened; what these show is theirs to see beside what the role allows.
    """

    role: Role = "anonymous"
    name: str = "anonymous"
    shares: tuple[int, ...] = ()

    def may(self, role: Role) -> bool:
        """Whether the visitor has that role or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)
