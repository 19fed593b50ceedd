"""Facts about tickets: how they are taken in, changed, closed and handed over."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.attachments import AttachmentNotUsable
from customers.entitlement import Why, from_json
from customers.errors import UnknownDevice
from customers.models import Priority
from desk import tickets
from desk.errors import (
    ClosingReasonMissing,
    EstimateNeeded,
    NothingSaid,
    SeveralOfModelHere,
    TextTooLong,
    TicketChanged,
    TicketHandedOver,
    TicketIncomplete,
    TicketNotOpen,
)
from desk.models import Channel, Ticket, TicketState
from desk.queries import TicketFilter, list_tickets, ticket_detail, ticket_of_job
from dispatch.errors import ReportedInFuture, ReportedTooLongAgo
from dispatch.models import Job, JobFile
from dispatch.models.jobs import JobStatus
from tests.desk.conftest import take_in
from tests.factories import add_contract, add_device, add_fault, add_job, add_person, add_site, at

pytestmark = pytest.mark.usefixtures("seven_thirty")

PNG = b"\x89PNG\r\n\x1a\n picture"


class TestTakingIn:
    def test_a_serial_number_is_enough_to_know_shop_and_cover(self, session: Session) -> None:
        device = add_device(session, serial="SN-1")

        ticket = take_in(session, device_serial=" SN-1 ")

        assert (ticket.device, ticket.site) == (device, device.site)
        assert ticket.number == f"T-{ticket.id:06}"
        cover = from_json(ticket.cover)
        assert cover is not None
        assert not cover.is_chargeable

    def test_a_shop_and_a_model_are_enough_where_one_such_machine_stands(self, session: Session) -> None:
        site = add_site(session, code="S-1")
        device = add_device(session, site=site, model="A920")
        add_device(session, site=site, model="T200")

        assert take_in(session, site_code="S-1", model="a920").device == device

    def test_of_several_machines_of_a_model_the_serial_numbers_are_told(self, session: Session) -> None:
        site = add_site(session, code="S-1")
        for serial in ("SN-1", "SN-2"):
            add_device(session, site=site, serial=serial)

        with pytest.raises(SeveralOfModelHere) as refusal:
            take_in(session, site_code="S-1", model="A920")

        assert refusal.value.facts["serials"] == "SN-1, SN-2"

    def test_an_unknown_serial_number_is_refused_with_those_that_look_like_it(self, session: Session) -> None:
        add_device(session, serial="TV2-118230")

        with pytest.raises(UnknownDevice) as refusal:
            take_in(session, device_serial="TV2-118320")

        assert refusal.value.facts["alike"] == "TV2-118230"

    def test_a_text_alone_is_a_ticket_for_the_desk_to_complete(self, session: Session) -> None:
        ticket = take_in(session, text="The box at the till is dead")

        assert (ticket.site, ticket.device, ticket.cover) == (None, None, {})

    def test_a_report_that_says_nothing_is_refused(self, session: Session) -> None:
        with pytest.raises(NothingSaid):
            take_in(session, text=" \n ")

    def test_a_giant_text_is_refused_with_its_length(self, session: Session) -> None:
        with pytest.raises(TextTooLong) as refusal:
            take_in(session, text="x" * 10_000)

        assert refusal.value.facts == {"length": 10_000, "most": tickets.LONGEST_TEXT}

    def test_the_same_external_number_is_the_same_ticket(self, session: Session) -> None:
        first = take_in(session, channel=Channel.API, external_id="CRM-1", text="dead")
        second = take_in(session, channel=Channel.API, external_id="CRM-1", text="dead, again")

        assert second is first
        assert first.text == "dead"

    @pytest.mark.parametrize(
        "moment", [at(7, 31), at(7) - dt.timedelta(days=400)], ids=["the future", "more than a year ago"]
    )
    def test_a_report_of_a_time_that_cannot_be_is_refused(self, session: Session, moment: dt.datetime) -> None:
        with pytest.raises((ReportedInFuture, ReportedTooLongAgo)):
            take_in(session, reported_at=moment)

    def test_the_same_fault_within_thirty_days_is_a_repeat(self, session: Session) -> None:
        device, fault = add_device(session, serial="SN-1"), add_fault(session, code="JAM")
        before = add_job(session, device=device, fault=fault, status=JobStatus.COMPLETED)
        before.completed_at = at(7, 30) - dt.timedelta(days=30)

        ticket = take_in(session, device_serial="SN-1", fault_code="JAM")
        other = take_in(session, device_serial="SN-1", fault_code=add_fault(session).code)

        assert ticket.repeat_of == before
        assert other.repeat_of is None
        assert tickets.hand_over(session, ticket_id=ticket.id, actor_id=None).repeat_of == before

    @pytest.mark.parametrize(
        ("ago", "status"),
        [(dt.timedelta(days=30, seconds=1), JobStatus.COMPLETED), (dt.timedelta(days=1), JobStatus.CANCELLED)],
        ids=["too long ago", "never repaired"],
    )
    def test_what_is_no_repeat(self, session: Session, ago: dt.timedelta, status: JobStatus) -> None:
        device, fault = add_device(session, serial="SN-1"), add_fault(session, code="JAM")
        before = add_job(session, device=device, fault=fault, status=status)
        before.completed_at = at(7, 30) - ago

        assert take_in(session, device_serial="SN-1", fault_code="JAM").repeat_of is None


class TestChanging:
    def test_of_two_people_on_one_ticket_the_second_hears_who_was_faster(self, session: Session) -> None:
        ana = add_person(session, name="Ana")
        ticket = take_in(session)
        version = ticket.version
        change = {"ticket_id": ticket.id, "version": version, "actor_id": ana.id}
        tickets.change_ticket(session, changes={"contact": "912 000 000"}, **change)

        with pytest.raises(TicketChanged) as refusal:
            tickets.change_ticket(session, changes={"contact": "913 000 000"}, **change)

        assert refusal.value.facts["name"] == "Ana"
        assert refusal.value.facts["at"] == at(7, 30)
        assert ticket.contact == "912 000 000"

    def test_the_history_says_what_was_and_what_is(self, session: Session) -> None:
        add_device(session, serial="SN-1")
        ticket = take_in(session)

        tickets.change_ticket(
            session,
            ticket_id=ticket.id,
            version=ticket.version,
            changes={"device_serial": "SN-1", "priority": Priority.P1},
            actor_id=None,
        )

        facts = ticket.events[-1].facts
        assert facts["device"] == [None, "SN-1"]
        assert facts["priority"] == [None, "P1"]
        assert "text" not in facts

    def test_another_word_about_the_shop_keeps_the_device_and_the_other_way_round(self, session: Session) -> None:
        device = add_device(session, serial="SN-1")
        ticket = take_in(session, device_serial="SN-1")

        def change(**changes: str) -> None:
            tickets.change_ticket(
                session,
                ticket_id=ticket.id,
                version=ticket.version,
                changes=tickets.TicketChanges(**changes),  # type: ignore[typeddict-item]
                actor_id=None,
            )

        change(site_code=device.site.code)
        assert ticket.device == device

        change(device_serial="")
        assert (ticket.device, ticket.site) == (None, device.site)

    def test_nothing_to_change_is_no_change(self, session: Session) -> None:
        ticket = take_in(session, contact="912")
        version = ticket.version

        tickets.change_ticket(
            session, ticket_id=ticket.id, version=version, changes={"contact": " 912 "}, actor_id=None
        )

        assert ticket.version == version
        assert len(ticket.events) == 1


class TestEnding:
    def test_a_remote_fix_closes_the_ticket_without_a_job(self, session: Session) -> None:
        ticket = take_in(session)

        tickets.fix_remotely(session, ticket_id=ticket.id, text="Roll was upside down", actor_id=None)

        assert (ticket.state, ticket.closed_at) == (TicketState.FIXED_REMOTELY, at(7, 30))
        assert session.scalar(sa.select(sa.func.count(Job.id))) == 0

    def test_closing_needs_a_reason(self, session: Session) -> None:
        ticket = take_in(session)

        with pytest.raises(ClosingReasonMissing):
            tickets.close_ticket(session, ticket_id=ticket.id, reason=" ", actor_id=None)

    def test_a_closed_ticket_can_only_be_opened_again(self, session: Session) -> None:
        ticket = take_in(session)
        tickets.close_ticket(session, ticket_id=ticket.id, reason="Came twice", actor_id=None)

        with pytest.raises(TicketNotOpen):
            tickets.fix_remotely(session, ticket_id=ticket.id, actor_id=None)
        tickets.reopen_ticket(session, ticket_id=ticket.id, reason="It did not", actor_id=None)

        assert (ticket.state, ticket.closed_at) == (TicketState.OPEN, None)

    def test_who_writes_to_a_closed_ticket_opens_it_again(self, session: Session) -> None:
        ticket = take_in(session)
        tickets.fix_remotely(session, ticket_id=ticket.id, actor_id=None)

        tickets.add_message(session, ticket_id=ticket.id, sender="Eva", text="Dead again", actor_id=None)

        assert ticket.state is TicketState.OPEN
        assert [event.action for event in ticket.events][-2:] == ["reopen", "message"]


class TestHandingOver:
    def test_the_job_has_everything_that_the_ticket_has(self, session: Session) -> None:
        device = add_device(session, serial="SN-1")
        add_fault(session, code="JAM", priority=Priority.P2)
        ticket = take_in(
            session,
            device_serial="SN-1",
            fault_code="JAM",
            subject="Printer",
            text="Paper everywhere",
            reported_at=at(6),
        )
        picture = tickets.attach_file(
            session, ticket_id=ticket.id, name="jam.png", media_type="image/png", content=PNG, actor_id=None
        )

        job = tickets.hand_over(session, ticket_id=ticket.id, window=(at(10), at(12)), actor_id=None)

        assert (job.device, job.site, job.priority) == (device, device.site, Priority.P2)
        assert job.description == "Printer\nPaper everywhere"
        assert (job.reported_at, job.window_start) == (at(6), at(10))
        assert job.cover == ticket.cover
        assert session.scalars(sa.select(JobFile.attachment_id).where(JobFile.job_id == job.id)).all() == [picture.id]
        assert (ticket.state, ticket.job) == (TicketState.HANDED_OVER, job)
        assert ticket_of_job(session, job.id) == ticket

    def test_the_longest_subject_and_text_fit_into_the_job(self, session: Session) -> None:
        add_device(session, serial="SN-1")
        add_fault(session, code="JAM")
        subject, text = "s" * tickets.SUBJECT_LENGTH, "t" * tickets.LONGEST_TEXT
        ticket = take_in(session, device_serial="SN-1", fault_code="JAM", subject=subject, text=text)

        assert tickets.hand_over(session, ticket_id=ticket.id, actor_id=None).description == f"{subject}\n{text}"

    @pytest.mark.parametrize(
        ("given", "missing"), [({}, "site"), ({"site_code": "S-1"}, "fault")], ids=["no shop", "no symptom"]
    )
    def test_what_nobody_could_drive_to_is_not_handed_over(
        self, session: Session, given: dict[str, str], missing: str
    ) -> None:
        add_site(session, code="S-1")
        ticket = take_in(session, **given)

        with pytest.raises(TicketIncomplete) as refusal:
            tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)

        assert refusal.value.facts["missing"] == missing

    def test_a_shop_without_a_position_is_taken_in_all_the_same(self, session: Session) -> None:
        device = add_device(session, site=add_site(session, position=None))
        ticket = take_in(session, device_serial=device.serial, fault_code=add_fault(session).code)

        job = tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)

        assert job.site.lat is None

    def test_nobody_drives_before_a_chargeable_job_is_accepted(self, session: Session) -> None:
        ticket = _chargeable(session)

        with pytest.raises(EstimateNeeded) as refusal:
            tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)

        assert refusal.value.facts["charged"] == "parts, labour, travel"
        assert session.scalar(sa.select(sa.func.count(Job.id))) == 0

    def test_the_firm_may_do_it_for_nothing_and_says_why(self, session: Session) -> None:
        ticket = _chargeable(session)

        job = tickets.hand_over(session, ticket_id=ticket.id, free_because="Third time this week", actor_id=None)

        cover = from_json(job.cover)
        assert cover is not None
        assert {line.why for _, line in cover.lines()} == {Why.GOODWILL}
        assert ticket.events[-1].facts["free"] == "Third time this week"

    def test_a_ticket_is_handed_over_once(self, session: Session) -> None:
        ticket = take_in(session, device_serial=add_device(session).serial, fault_code=add_fault(session).code)
        job = tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)

        with pytest.raises(TicketHandedOver) as refusal:
            tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)

        assert refusal.value.facts["job"] == job.number

    def test_a_file_that_comes_later_reaches_the_job(self, session: Session) -> None:
        ticket = take_in(session, device_serial=add_device(session).serial, fault_code=add_fault(session).code)
        job = tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)
        file = {"ticket_id": ticket.id, "name": "a.png", "media_type": "image/png", "content": PNG, "actor_id": None}

        late = tickets.attach_file(session, **file)
        again = tickets.attach_file(session, **file)

        assert again == late
        session.flush()
        assert session.get(JobFile, (job.id, late.id)) is not None


class TestFiles:
    @pytest.mark.parametrize(
        ("media_type", "content"),
        [("image/png", b"MZ program"), ("application/x-msdownload", b"MZ"), ("text/html", b"<script>")],
        ids=["a program that calls itself a picture", "a program", "a page"],
    )
    def test_what_is_no_picture_pdf_or_text_is_refused(self, session: Session, media_type: str, content: bytes) -> None:
        ticket = take_in(session)

        with pytest.raises(AttachmentNotUsable):
            tickets.attach_file(
                session, ticket_id=ticket.id, name="x.png", media_type=media_type, content=content, actor_id=None
            )

    def test_a_path_leaves_only_the_name_of_the_file(self, session: Session) -> None:
        ticket = take_in(session)

        kept = tickets.attach_file(
            session,
            ticket_id=ticket.id,
            name="C:\\fakepath\\..\\a.png",
            media_type="image/png",
            content=PNG,
            actor_id=None,
        )

        assert kept.name == "a.png"


class TestQueue:
    def test_whoever_waits_longest_comes_first_and_settled_tickets_are_gone(self, session: Session) -> None:
        late, early, done = (take_in(session, reported_at=at(hour)) for hour in (7, 6, 5))
        tickets.close_ticket(session, ticket_id=done.id, reason="-", actor_id=None)

        found = list_tickets(session)

        assert list(found.tickets) == [early, late]
        assert found.counts == {TicketState.OPEN: 2}
        assert list(list_tickets(session, only=TicketFilter(everything=True)).tickets) == [late, early, done]

    @pytest.mark.parametrize("text", ["Harbour", "sn-7", "sénh", "PRT-1"])
    def test_tickets_are_found_by_what_stands_on_them(self, session: Session, text: str) -> None:
        device = add_device(session, site=add_site(session, name="Harbour Shop"), serial="SN-7")
        wanted = take_in(session, device_serial=device.serial, reporter="Sénhora Dias", external_id="PRT-1")
        take_in(session)

        assert list(list_tickets(session, only=TicketFilter(text=text)).tickets) == [wanted]

    def test_the_priority_is_that_of_the_symptom_unless_said_otherwise(self, session: Session) -> None:
        usual = take_in(session, fault_code=add_fault(session, priority=Priority.P1).code)
        take_in(session, fault_code=usual.fault.code if usual.fault else "", priority=Priority.P4)

        assert list(list_tickets(session, only=TicketFilter(priority=Priority.P1)).tickets) == [usual]

    def test_other_tickets_of_the_device_are_shown_beside_it(self, session: Session) -> None:
        add_device(session, serial="SN-1")
        first, second = take_in(session, device_serial="SN-1"), take_in(session, device_serial="SN-1")

        assert list(ticket_detail(session, second.number).others) == [first]


def _chargeable(session: Session) -> Ticket:
    contract = add_contract(session)
    contract.ends_on = dt.date(2026, 11, 22)
    device = add_device(session, site=add_site(session, contract=contract))
    return take_in(session, device_serial=device.serial, fault_code=add_fault(session).code)
