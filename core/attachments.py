"""Files that people attach: photos, signatures, mails and documents; whatever refers to one holds its id."""

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import PurePath

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from core import clock
from core.base import Base
from core.errors import N_, DomainError, Kind

LARGEST = 8 * 1024 * 1024
NAME_LENGTH = 160
MAIL = "message/rfc822"
# The headers under which a file is handed out: shown as what it was checked to be, and never run by a browser.
NEVER_RUN = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


class Attachment(Base):
    """
    A file as it was received.

    The bytes stand in the database, so that a file and what it belongs to are written and backed up together.
    """

    __tablename__ = "attachments"
    __table_args__ = (sa.CheckConstraint("size >= 0", name="size_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    media_type: Mapped[str] = mapped_column(sa.String(80))
    size: Mapped[int]
    # Hexadecimal; tells whether a file that is sent again is the same one.
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    # Of a few megabytes: read only by whoever shows the file.
    content: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))
    received_at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class AttachmentTooLarge(DomainError):
    code = "attachment_too_large"
    sentence = N_("%(name)s has %(size)s MB. Send at most %(most)s MB, a smaller picture for example.")


class AttachmentEmpty(DomainError):
    code = "attachment_empty"
    sentence = N_("%(name)s is empty. Choose the file again.")


class AttachmentNotUsable(DomainError):
    code = "attachment_not_usable"
    sentence = N_("%(name)s is none of the files that are kept here: photos (JPEG, PNG, WebP, HEIC), PDF, plain text.")


class UnknownAttachment(DomainError):
    code = "unknown_attachment"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no such file here. Load the page again to see which there are.")


def store(session: Session, *, name: str, media_type: str, content: bytes, actor_id: int | None) -> Attachment:
    """
    Keep a file as it was received; the same file under the same name is kept once.

    Raises AttachmentEmpty, AttachmentTooLarge, and AttachmentNotUsable for what is not what its type says: a program
    that calls itself a photo is sent on to nobody.
    """
    name = _tidy(name)
    kind = media_type.partition(";")[0].strip().lower()
    if not content:
        raise AttachmentEmpty(name=name)
    if len(content) > LARGEST:
        raise AttachmentTooLarge(name=name, size=-(-len(content) // 2**20), most=LARGEST // 2**20)
    if kind not in LOOKS or not LOOKS[kind](content):
        raise AttachmentNotUsable(name=name)
    digest = hashlib.sha256(content).hexdigest()
    same = sa.select(Attachment).where(
        Attachment.sha256 == digest, Attachment.name == name, Attachment.media_type == kind
    )
    if (kept := session.scalar(same.order_by(Attachment.id).limit(1))) is not None:
        return kept
    attachment = Attachment(
        name=name,
        media_type=kind,
        size=len(content),
        sha256=digest,
        content=content,
        received_at=clock.now(),
        user_id=actor_id,
    )
    session.add(attachment)
    # Whatever the file belongs to refers to its id.
    session.flush()
    return attachment


def read(session: Session, attachment_id: int) -> Attachment:
    """Return a file with its content; raises UnknownAttachment. Who may see it is for the caller to know."""
    attachment = session.get(Attachment, attachment_id)
    if attachment is None:
        raise UnknownAttachment
    return attachment


def _tidy(name: str) -> str:
    """The last part of a path, without what no file name holds, short enough to be kept with its ending."""
    last = PurePath(name.replace("\\", "/")).name
    clean = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip() or "file"
    if len(clean) <= NAME_LENGTH:
        return clean
    ending = PurePath(clean).suffix[:10]
    return clean[: NAME_LENGTH - len(ending)] + ending


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(marks)


def _is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis"}


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


# Which types are kept, and how each is recognised: a browser that is told a type believes it.
LOOKS: Mapping[str, Callable[[bytes], bool]] = {
    "image/jpeg": _begins(b"\xff\xd8\xff"),
    "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
    "image/webp": _is_webp,
    "image/heic": _is_heic,
    "image/heif": _is_heic,
    "application/pdf": _begins(b"%PDF-"),
    "text/plain": _is_text,
    # A mail is whatever bytes arrived; it is offered as a download, never shown.
    MAIL: bool,
}
