"""Photos, signatures and documents of a visit; the same file is kept once, however often it is sent."""

import hashlib

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import attachments
from core.attachments import Attachment, UnknownAttachment
from dispatch.fieldwork.errors import FileChangedOnTheWay
from dispatch.fieldwork.visits import own_visit
from dispatch.models import VisitFile
from dispatch.models.visits import FileKind


def add_file(
    session: Session,
    *,
    visit_id: int,
    technician_id: int,
    kind: FileKind,
    name: str,
    media_type: str,
    content: bytes,
    actor_id: int | None,
    sha256: str | None = None,
) -> VisitFile:
    """
    Keep a file of a technician's own visit, also after the visit has ended.

    ``sha256`` is the digest that the sender computed, by which a file that was cut off on the way is noticed.
    """
    visit = own_visit(session, visit_id, technician_id)
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256.lower() != digest:
        raise FileChangedOnTheWay
    known = _known(session, visit.id, digest)
    if known is not None:
        return known
    kept = attachments.store(session, name=name, media_type=media_type, content=content, actor_id=actor_id)
    file = VisitFile(visit_id=visit.id, attachment=kept, kind=kind)
    session.add(file)
    session.flush()
    return file


def file_of_visit(session: Session, *, visit_id: int, attachment_id: int) -> Attachment:
    """Return a file of a visit with its content; raises UnknownAttachment for any other file."""
    file = session.get(VisitFile, (visit_id, attachment_id))
    if file is None:
        raise UnknownAttachment
    return attachments.read(session, attachment_id)


def _known(session: Session, visit_id: int, digest: str) -> VisitFile | None:
    return session.scalar(
        sa.select(VisitFile)
        .join(VisitFile.attachment)
        .where(VisitFile.visit_id == visit_id, Attachment.sha256 == digest)
        .options(joinedload(VisitFile.attachment))
        .limit(1)
    )
