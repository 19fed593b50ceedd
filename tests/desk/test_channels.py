"""Facts about alarms of devices and conversations on a chat."""

import pytest
from sqlalchemy.orm import Session

from customers.errors import UnknownDevice
from desk import tickets
from desk.channels import take_in_alarm, take_in_chat
from desk.models import Channel, Ticket, TicketState
from dispatch.models import FaultAlarm
from dispatch.models.jobs import JobStatus
from tests.desk.conftest import take_in
from tests.factories import add_device, add_fault

pytestmark = pytest.mark.usefixtures("seven_thirty")


@pytest.fixture(autouse=True)
def machine(session: Session) -> None:
    """A device whose alarms the catalogue knows."""
    add_device(session, serial="SN-1")
    add_fault(session, code="JAM").alarms = [FaultAlarm(code="PRN-JAM")]
    session.flush()


def alarm(session: Session, code: str = "PRN-JAM", serial: str = "SN-1", external_id: str | None = None) -> Ticket:
    return take_in_alarm(session, device_serial=serial, alarm_code=code, external_id=external_id, actor_id=None)


class TestAlarms:
    def test_an_alarm_is_a_ticket_with_the_fault_that_it_means(self, session: Session) -> None:
        ticket = alarm(session)

        assert (ticket.channel, ticket.alarm_code, ticket.alarm_count) == (Channel.ALARM, "PRN-JAM", 1)
        assert ticket.fault is not None
        assert ticket.fault.code == "JAM"

    def test_the_same_alarm_is_counted_on_the_open_ticket(self, session: Session) -> None:
        first = alarm(session)

        assert [alarm(session) for _ in range(3)] == [first] * 3
        assert first.alarm_count == 4
        # A device that complains every minute does not fill the history.
        assert [event.action for event in first.events] == ["take_in", "alarm"]

    def test_it_is_counted_on_what_somebody_reported_by_phone(self, session: Session) -> None:
        reported = take_in(session, device_serial="SN-1", fault_code="JAM")

        assert alarm(session) == reported
        assert (reported.channel, reported.alarm_count) == (Channel.PHONE, 1)

    @pytest.mark.parametrize(("status", "counted"), [(JobStatus.DISPATCHED, True), (JobStatus.COMPLETED, False)])
    def test_while_the_job_is_under_way_no_second_one_is_made(
        self, session: Session, status: JobStatus, counted: bool
    ) -> None:
        first = alarm(session)
        tickets.hand_over(session, ticket_id=first.id, actor_id=None).status = status
        session.flush()

        assert (alarm(session) == first) is counted

    def test_a_closed_ticket_is_over(self, session: Session) -> None:
        first = alarm(session)
        tickets.fix_remotely(session, ticket_id=first.id, actor_id=None)

        assert alarm(session) != first
        assert first.alarm_count == 1

    def test_other_alarms_and_other_devices_have_tickets_of_their_own(self, session: Session) -> None:
        add_device(session, serial="SN-2")

        found = {alarm(session), alarm(session, code="BAT-TEMP"), alarm(session, serial="SN-2")}

        assert len(found) == 3

    def test_a_code_that_nobody_knows_is_left_to_the_desk(self, session: Session) -> None:
        ticket = alarm(session, code="E-0815")

        assert (ticket.fault, ticket.subject) == (None, "E-0815")

    def test_the_same_message_of_the_device_is_not_counted_again(self, session: Session) -> None:
        first = alarm(session, external_id="A-1")

        assert alarm(session, external_id="A-1") == first
        assert first.alarm_count == 1

    def test_a_device_that_nobody_knows_is_refused(self, session: Session) -> None:
        with pytest.raises(UnknownDevice):
            alarm(session, serial="XX-9")


class TestChat:
    def test_messages_of_a_conversation_are_one_ticket(self, session: Session) -> None:
        first, second = (
            take_in_chat(session, conversation="C-1", sender="Eva", text=text, actor_id=None)
            for text in ("It is dead", "Still dead")
        )

        assert second == first
        assert (first.text, first.reporter) == ("It is dead", "Eva")
        assert first.events[-1].facts == {"sender": "Eva", "text": "Still dead"}

    def test_a_message_to_a_closed_conversation_opens_it(self, session: Session) -> None:
        ticket = take_in_chat(session, conversation="C-1", sender="Eva", text="Dead", actor_id=None)
        tickets.close_ticket(session, ticket_id=ticket.id, reason="No answer", actor_id=None)

        take_in_chat(session, conversation="C-1", sender="Eva", text="Here I am", actor_id=None)

        assert ticket.state is TicketState.OPEN

    def test_a_message_after_the_hand_over_stays_with_the_ticket_of_the_job(self, session: Session) -> None:
        ticket = take_in_chat(
            session, conversation="C-1", sender="Eva", text="Jam", device_serial="SN-1", actor_id=None
        )
        tickets.change_ticket(
            session, ticket_id=ticket.id, version=ticket.version, changes={"fault_code": "JAM"}, actor_id=None
        )
        tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)

        take_in_chat(session, conversation="C-1", sender="Eva", text="Ring the bell", actor_id=None)

        assert ticket.state is TicketState.HANDED_OVER
        assert ticket.events[-1].facts["text"] == "Ring the bell"
