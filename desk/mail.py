"""Reports by e-mail: reading a message as it was received, and making a ticket of it."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from html.parser import HTMLParser

from sqlalchemy.orm import Session

from core.attachments import LARGEST, MAIL, AttachmentEmpty, AttachmentNotUsable, AttachmentTooLarge
from customers.models import Device
from desk.errors import MailNotReadable, TooManyFiles, UnknownTicket
from desk.machines import devices_in_text
from desk.models import Channel, Ticket
from desk.tickets import (
    LENGTHS,
    LONGEST_TEXT,
    Report,
    add_message,
    attach_file,
    note,
    take_in_ticket,
    ticket_by_external_id,
    ticket_by_number,
)

# One of these is in every message; a text may begin with a word and a colon too.
HEADERS = ("From", "Subject", "Message-ID", "Date", "Received")
NUMBER = re.compile(r"\bT-\d{6,}\b")


@dataclass(frozen=True)
class MailFile:
    """A file that came with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """
    A message as we read it. ``id`` names it for ever, ``answers`` the messages that it answers, the nearest first.

    ``is_cut`` tells that the text goes on beyond what a ticket holds.
    """

    id: str
    answers: tuple[str, ...]
    sender: str
    address: str
    subject: str
    text: str
    is_cut: bool
    files: tuple[MailFile, ...]


def take_in_mail(session: Session, *, content: bytes, actor_id: int | None) -> Ticket:
    """
    Make a ticket of a message, or add it to the one that it answers; the same message again changes nothing.

    1. The device is the one whose serial number stands in subject or text; of several none is taken.
    2. Files come along. Those that are not kept here are named in the history.
    3. Of a text that is too long, or of files that are not kept, the message itself is kept whole as a file.
    """
    mail = read_mail(content)
    if (known := ticket_by_external_id(session, mail.id)) is not None:
        return known
    ticket = _answered(session, mail)
    if ticket is not None:
        if any(event.facts.get("mail") == mail.id for event in ticket.events):
            return ticket
        add_message(session, ticket_id=ticket.id, sender=mail.sender, text=mail.text or mail.subject, actor_id=actor_id)
        note(session, ticket, "mail", actor_id=actor_id, mail=mail.id)
    else:
        ticket = _new_ticket(session, mail, actor_id=actor_id)
    skipped = list(_attach(session, ticket, mail, actor_id=actor_id))
    if skipped or mail.is_cut:
        _keep_whole(session, ticket, content, actor_id=actor_id)
    if skipped:
        note(session, ticket, "files_left_out", actor_id=actor_id, files=skipped)
    return ticket


def read_mail(content: bytes) -> Mail:
    """
    Read a raw RFC 5322 message, or plain text whose first line then is the subject.

    Raises MailNotReadable for what says nothing.
    """
    message = message_from_bytes(content, policy=policy.default)
    if not any(header in message for header in HEADERS):
        return _plain(content)
    sender, address = parseaddr(str(message.get("From", "")))
    text = _text_of(message)
    subject = _one_line(str(message.get("Subject", "")))
    files = tuple(_files_of(message))
    if not (subject or text or files):
        raise MailNotReadable
    return Mail(
        id=_short_id(str(message.get("Message-ID", "")).strip(), content),
        answers=tuple(_short_id(found, b"") for found in reversed(_references(message))),
        sender=(_one_line(sender) or address)[: LENGTHS["reporter"]],
        address=address[: LENGTHS["contact"]],
        subject=subject[: LENGTHS["subject"]],
        text=_cut(text),
        is_cut=len(text) > LONGEST_TEXT or len(subject) > LENGTHS["subject"],
        files=files,
    )


def _plain(content: bytes) -> Mail:
    text = content.decode("utf-8", errors="replace").replace("\0", "").strip()
    if not text:
        raise MailNotReadable
    subject = _one_line(text.splitlines()[0])[: LENGTHS["subject"]]
    return Mail(_short_id("", content), (), "", "", subject, _cut(text), len(text) > LONGEST_TEXT, ())


def _new_ticket(session: Session, mail: Mail, *, actor_id: int | None) -> Ticket:
    devices = devices_in_text(session, f"{mail.subject}\n{mail.text}")
    report = Report(
        channel=Channel.EMAIL,
        device_serial=devices[0].serial if len(devices) == 1 else "",
        site_code=_common_site(list(devices)),
        reporter=mail.sender,
        contact=mail.address,
        subject=mail.subject or (mail.files[0].name[: LENGTHS["subject"]] if mail.files and not mail.text else ""),
        text=mail.text,
        external_id=mail.id,
    )
    ticket = take_in_ticket(session, report=report, actor_id=actor_id)
    if len(devices) > 1:
        serials = [device.serial for device in devices]
        note(session, ticket, "several_devices", actor_id=actor_id, serials=serials[:20])
    return ticket


def _common_site(devices: list[Device]) -> str:
    """The site at which all the devices named stand, if there is one."""
    codes = {device.site.code for device in devices}
    return codes.pop() if len(codes) == 1 else ""


def _answered(session: Session, mail: Mail) -> Ticket | None:
    """The ticket that a message belongs to: it answers the message that made it, or its subject holds the number."""
    for answered in mail.answers:
        if (known := ticket_by_external_id(session, answered)) is not None:
            return known
    found = NUMBER.search(mail.subject)
    if found is None:
        return None
    try:
        return ticket_by_number(session, found[0])
    except UnknownTicket:
        return None


def _attach(session: Session, ticket: Ticket, mail: Mail, *, actor_id: int | None) -> Iterator[str]:
    """Attach the files of a message; yields the names of those that are not kept here."""
    for file in mail.files:
        try:
            attach_file(
                session,
                ticket_id=ticket.id,
                name=file.name,
                media_type=file.media_type,
                content=file.content,
                actor_id=actor_id,
            )
        except (AttachmentEmpty, AttachmentNotUsable, AttachmentTooLarge, TooManyFiles):
            yield file.name[:100]


def _keep_whole(session: Session, ticket: Ticket, content: bytes, *, actor_id: int | None) -> None:
    if len(content) > LARGEST:
        note(session, ticket, "mail_too_large", actor_id=actor_id, bytes=len(content))
        return
    try:
        attach_file(session, ticket_id=ticket.id, name="mail.eml", media_type=MAIL, content=content, actor_id=actor_id)
    except TooManyFiles:
        note(session, ticket, "files_left_out", actor_id=actor_id, files=["mail.eml"])


def _text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    text = _content_as_text(body)
    if body.get_content_subtype() == "html":
        reader = _Words()
        reader.feed(text)
        text = "".join(reader.words)
    lines = (" ".join(line.split()) for line in text.replace("\0", "").splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _content_as_text(part: MIMEPart) -> str:
    """Return the text of a part, also of one that names an encoding which nobody knows."""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", errors="replace") if isinstance(raw, bytes) else ""


def _files_of(message: EmailMessage) -> Iterator[MailFile]:
    for position, part in enumerate(message.iter_attachments(), start=1):
        raw = part.get_payload(decode=True)
        # A message within a message has no bytes of its own.
        content = raw if isinstance(raw, bytes) else part.as_bytes()
        yield MailFile(part.get_filename() or f"file {position}", part.get_content_type(), content)


def _references(message: EmailMessage) -> list[str]:
    named = f"{message.get('References', '')} {message.get('In-Reply-To', '')}"
    return re.findall(r"<[^<>\s]+>", named)


def _short_id(message_id: str, content: bytes) -> str:
    """Name a message by its id where that fits, else by a digest: of the id, or of everything if it has none."""
    if message_id and len(message_id) <= LENGTHS["external_id"]:
        return message_id
    return "sha256:" + hashlib.sha256(message_id.encode("utf-8", "replace") or content).hexdigest()[:48]


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


class _Words(HTMLParser):
    """Collects what a reader of an HTML message sees."""

    BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table"})
    UNSEEN = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in self.UNSEEN:
            self._unseen += 1
        if tag in self.BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.UNSEEN:
            self._unseen = max(0, self._unseen - 1)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)
