"""Facts about reports by e-mail."""

from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from core.attachments import MAIL
from desk import tickets
from desk.errors import MailNotReadable
from desk.mail import read_mail, take_in_mail
from desk.models import Channel, Ticket, TicketState
from tests.factories import add_device, add_site

pytestmark = pytest.mark.usefixtures("seven_thirty")

PNG = b"\x89PNG\r\n\x1a\n picture"


def message(text: str = "It is dead.", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Eva Dias <eva@shop.example>"
    made["Subject"] = headers.pop("subject", "Terminal")
    made["Message-ID"] = headers.pop("message_id", "<1@shop.example>")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def receive(session: Session, mail: EmailMessage | bytes) -> Ticket:
    content = mail if isinstance(mail, bytes) else mail.as_bytes()
    return take_in_mail(session, content=content, actor_id=None)


def test_a_serial_number_in_the_text_names_the_device(session: Session) -> None:
    device = add_device(session, serial="TV2-118230")

    ticket = receive(session, message("Good morning,\n\nour terminal (tv2-118230) is dead."))

    assert (ticket.channel, ticket.device, ticket.site) == (Channel.EMAIL, device, device.site)
    assert (ticket.reporter, ticket.contact, ticket.subject) == ("Eva Dias", "eva@shop.example", "Terminal")
    assert ticket.text.startswith("Good morning,\n\nour terminal")


def test_without_a_serial_number_the_desk_completes_the_ticket(session: Session) -> None:
    ticket = receive(session, message("The blue one does not print."))

    assert (ticket.device, ticket.state) == (None, TicketState.OPEN)


def test_of_several_serial_numbers_none_is_taken_but_their_shop_is(session: Session) -> None:
    site = add_site(session)
    for serial in ("TV2-118230", "TV2-118231"):
        add_device(session, site=site, serial=serial)

    ticket = receive(session, message("TV2-118230 or TV2-118231, one of them"))

    assert (ticket.device, ticket.site) == (None, site)
    assert ticket.events[-1].facts["serials"] == ["TV2-118230", "TV2-118231"]


def test_the_same_message_is_taken_in_once(session: Session) -> None:
    first = receive(session, message())

    assert receive(session, message()) == first
    assert len(first.events) == 1


def test_an_answer_is_added_to_its_ticket_once(session: Session) -> None:
    ticket = receive(session, message())
    answer = message("Works again", message_id="<2@shop.example>", In_Reply_To="<1@shop.example>")

    assert receive(session, answer) == ticket
    assert receive(session, answer) == ticket

    messages = [event.facts for event in ticket.events if event.action == "message"]
    assert messages == [{"sender": "Eva Dias", "text": "Works again"}]


def test_a_ticket_number_in_the_subject_is_enough_for_an_answer(session: Session) -> None:
    ticket = receive(session, message())

    answer = message("More", message_id="<3@shop.example>", subject=f"Re: {ticket.number} Terminal")

    assert receive(session, answer) == ticket


def test_files_come_along_and_what_is_not_kept_is_named_and_kept_with_the_message(session: Session) -> None:
    mail = message()
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="jam.png")
    mail.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="fix.exe")

    ticket = receive(session, mail)

    assert {(file.attachment.name, file.attachment.media_type) for file in ticket.files} == {
        ("jam.png", "image/png"),
        ("mail.eml", MAIL),
    }
    assert ticket.events[-1].facts == {"files": ["fix.exe"]}


def test_a_giant_text_is_cut_and_kept_whole_as_a_file(session: Session) -> None:
    ticket = receive(session, message("word " * 20_000))

    assert len(ticket.text) <= tickets.LONGEST_TEXT
    assert ticket.text.endswith("…")
    assert [file.attachment.media_type for file in ticket.files] == [MAIL]


def test_of_a_page_the_words_are_read() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Terminal"
    mail.set_content("<html><head><style>p{}</style></head><p>It is <b>dead</b></p><p>Eva</p></html>", subtype="html")

    assert read_mail(mail.as_bytes()).text == "It is dead\nEva"


def test_other_alphabets_and_strange_encodings_are_read() -> None:
    mail = message("终端无法开机", subject="打印机")
    strange = mail.as_bytes().replace(b'charset="utf-8"', b'charset="klingon"')

    assert (read_mail(mail.as_bytes()).text, read_mail(mail.as_bytes()).subject) == ("终端无法开机", "打印机")
    assert read_mail(strange).text == "终端无法开机"


def test_plain_text_is_a_report_whose_first_line_is_the_subject(session: Session) -> None:
    ticket = receive(session, b"Terminal dead\nsince this morning")

    assert (ticket.subject, ticket.text) == ("Terminal dead", "Terminal dead\nsince this morning")


def test_a_text_that_begins_like_a_header_is_a_text_all_the_same() -> None:
    assert read_mail(b"Printer: no paper\nsince noon").subject == "Printer: no paper"


@pytest.mark.parametrize("content", [b"", b" \n\n ", b"From: a@b.example\n\n", b"\0\0\0"])
def test_what_says_nothing_is_refused(content: bytes) -> None:
    with pytest.raises(MailNotReadable):
        read_mail(content)


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: a =?utf-8?b?!!!?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\n",
        b"Subject: x\nContent-Type: text/plain; charset=utf-16\n\n\xff\xfe\xd8",
        b"Subject: x\nContent-Transfer-Encoding: base64\n\n%%%",
        b"\xff\xfe\x00 hello there",
    ],
)
def test_broken_messages_are_read_as_far_as_they_go(content: bytes) -> None:
    read_mail(content)
