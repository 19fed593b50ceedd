"""Reads of the fault catalogue."""

import difflib

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from dispatch.errors import UnknownFaultCode
from dispatch.models import FaultCode

SUGGESTIONS = 5


def fault_by_code(session: Session, code: str) -> FaultCode:
    """The fault with this code; raises UnknownFaultCode with codes that look like it."""
    fault = session.scalar(sa.select(FaultCode).where(FaultCode.code == code.strip()))
    if fault is None:
        known = list(session.scalars(sa.select(FaultCode.code).order_by(FaultCode.code)))
        alike = difflib.get_close_matches(code.strip().upper(), known, SUGGESTIONS) or known[:SUGGESTIONS]
        raise UnknownFaultCode(fault_code=code, known=", ".join(alike))
    return fault


def fault_catalogue(session: Session) -> list[FaultCode]:
    """All faults, by code."""
    return list(session.scalars(sa.select(FaultCode).order_by(FaultCode.code)))


def faults_by_subject(session: Session) -> dict[str, list[FaultCode]]:
    """All faults, whole, by what is broken, in the order of the shipped catalogue; those of the firm come last."""
    whole = sa.select(FaultCode).options(
        selectinload(FaultCode.steps),
        selectinload(FaultCode.causes),
        selectinload(FaultCode.skills),
        selectinload(FaultCode.parts),
        selectinload(FaultCode.alarms),
    )
    grouped: dict[str, list[FaultCode]] = {}
    for fault in sorted(session.scalars(whole), key=lambda fault: (fault.subject == "", fault.id)):
        grouped.setdefault(fault.subject, []).append(fault)
    return grouped
