"""Facts about the firm that are kept in the database, by name."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.base import Base


class Setting(Base):
    """One named fact."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[dict[str, Any]]


def read_setting(session: Session, name: str) -> dict[str, Any] | None:
    """Return the named fact, or None if it was never written."""
    return session.scalar(sa.select(Setting.value).where(Setting.name == name))


def write_setting(session: Session, name: str, value: dict[str, Any]) -> None:
    """Write the named fact, replacing an earlier one."""
    session.merge(Setting(name=name, value=value))
