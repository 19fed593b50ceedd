"""Facts about territories, partner firms and wishes of customers, and what the planner makes of them."""

import pytest
from sqlalchemy.orm import Session

from customers.errors import UnknownSite
from dispatch.models import Technician
from dispatch.models.jobs import Job
from dispatch.models.workforce import Preference
from dispatch.planning.prices import Prices
from dispatch.planning.problem import to_problem
from dispatch.planning.settings import PlanningSettings, write_planning_settings
from dispatch.planning.snapshot import take_snapshot
from dispatch.planning.travel import known_travel
from dispatch.workforce import Unwelcome, errors, read_welcome
from dispatch.workforce.changes import change_technician
from dispatch.workforce.partners import Terms, add_partner, change_partner, partners, set_partner_active
from dispatch.workforce.preferences import preferences_of, set_preference
from dispatch.workforce.territories import (
    add_territory,
    assign_sites,
    remove_territory,
    rename_territory,
    territories,
    territory_by_code,
)
from routing.problem import Problem
from tests.dispatch.planning.conftest import ROADS
from tests.factories import MONDAY, add_device, add_job, add_shift, add_site, add_technician

TERMS = Terms("Borrowed Hands", shift_cents=5_000, travel_cents_per_hour=7_200, work_cents_per_hour=3_600)


@pytest.fixture
def people(session: Session) -> tuple[Technician, Technician]:
    """Two technicians who work on Monday."""
    first, second = add_technician(session, code="T-1"), add_technician(session, code="T-2")
    for one in (first, second):
        add_shift(session, one)
    return first, second


def problem(session: Session) -> Problem:
    """Monday as the planner is told it."""
    snapshot = take_snapshot(session, MONDAY)
    return to_problem(snapshot, known_travel(lambda: _same(session), ROADS, snapshot.points), Prices())


class _same:  # noqa: N801 -- stands in for a function that opens sessions
    def __init__(self, session: Session) -> None:
        self.session = session

    def __enter__(self) -> Session:
        return self.session

    def __exit__(self, *_: object) -> None:
        pass


def job_in(session: Session, territory: str | None) -> Job:
    site = add_site(session)
    if territory is not None:
        assign_sites(session, codes=[site.code], territory=territory_by_code(session, territory))
    return add_job(session, device=add_device(session, site=site))


def work_in(session: Session, technician: Technician, *codes: str) -> None:
    named = [territory_by_code(session, code) for code in codes]
    change_technician(
        session,
        code=technician.code,
        version=technician.version,
        changes={"territories": named},
        actor_id=None,
    )
    session.flush()


def test_nobody_is_sent_outside_their_territories(session: Session, people: tuple[Technician, Technician]) -> None:
    first, _ = people
    add_territory(session, code="N", name="North")
    add_territory(session, code="S", name="South")
    work_in(session, first, "S")
    job_in(session, "N")
    job_in(session, "S")
    job_in(session, None)

    # T-2 works everywhere, and a site without a territory is everybody's.
    assert [visit.forbidden for visit in problem(session).visits] == [frozenset({"T-1"}), frozenset(), frozenset()]


def test_a_price_lets_technicians_leave_their_territory(
    session: Session, people: tuple[Technician, Technician]
) -> None:
    add_territory(session, code="N", name="North")
    add_territory(session, code="S", name="South")
    work_in(session, people[0], "S")
    job_in(session, "N")

    write_planning_settings(session, PlanningSettings(outside_territory_cents=800))

    [visit] = problem(session).visits

    assert (visit.forbidden, visit.preferred) == (frozenset(), {"T-1": 0, "T-2": 800})


def test_whom_a_customer_does_not_want_is_not_sent_and_whom_they_prefer_is_worth_something(
    session: Session, people: tuple[Technician, Technician]
) -> None:
    job = job_in(session, None)
    customer = job.site.customer.code
    for technician, said in zip(people, Preference, strict=True):
        set_preference(session, customer_code=customer, technician_code=technician.code, preference=said, actor_id=None)
    session.flush()

    [visit] = problem(session).visits

    assert (visit.preferred, visit.forbidden) == ({"T-1": 500, "T-2": 0}, frozenset({"T-2"}))
    welcome = read_welcome(session)
    assert [welcome.obstacle(one.id, job.site) for one in people] == [None, Unwelcome.EXCLUDED]


def test_a_wish_can_be_taken_back_and_both_are_noticed(session: Session, people: tuple[Technician, Technician]) -> None:
    first, _ = people
    customer = job_in(session, None).site.customer.code
    version = take_snapshot(session, MONDAY).shifts[0].version

    def say(preference: Preference | None) -> None:
        set_preference(
            session, customer_code=customer, technician_code="T-1", preference=preference, reason="Rude.", actor_id=None
        )
        session.flush()

    say(Preference.EXCLUDED)
    assert [row.reason for row in preferences_of(session, first)] == ["Rude."]
    say(None)
    assert preferences_of(session, first) == []
    say(None)

    assert take_snapshot(session, MONDAY).shifts[0].version == version + 2
    with pytest.raises(errors.UnknownCustomer):
        set_preference(
            session, customer_code="?", technician_code="T-1", preference=Preference.PREFERRED, actor_id=None
        )


def test_a_partners_technician_costs_what_the_partner_charges(
    session: Session, people: tuple[Technician, Technician]
) -> None:
    partner = add_partner(session, code="BH", terms=TERMS)
    change_technician(session, code="T-1", version=1, changes={"partner": partner}, actor_id=None)
    session.flush()
    job_in(session, None)

    lent, own = problem(session).shifts

    assert (lent.fixed_cost, lent.travel_cost, lent.work_cost) == (5_000, 2.0, 1.0)
    assert (own.fixed_cost, own.travel_cost) == (0, Prices().travel_per_second)
    assert [(row.code, [one.code for one in lends]) for row, lends in partners(session)] == [("BH", ["T-1"])]


def test_other_rates_are_noticed_by_plans_made_before(session: Session, people: tuple[Technician, Technician]) -> None:
    partner = add_partner(session, code="BH", terms=TERMS)
    change_technician(session, code="T-1", version=1, changes={"partner": partner}, actor_id=None)
    session.flush()
    before = [shift.version for shift in take_snapshot(session, MONDAY).shifts]

    change_partner(session, code="BH", terms=Terms("Borrowed Hands", 1, 2, 3))

    after = [shift.version for shift in take_snapshot(session, MONDAY).shifts]
    assert after == [before[0] + 1, before[1]]


def test_a_partner_who_lends_somebody_cannot_be_given_up(
    session: Session, people: tuple[Technician, Technician]
) -> None:
    partner = add_partner(session, code="BH", terms=TERMS)
    change_technician(session, code="T-1", version=1, changes={"partner": partner}, actor_id=None)
    session.flush()

    with pytest.raises(errors.PartnerHasTechnicians, match="BH still lends us T-1"):
        set_partner_active(session, code="BH", active=False)

    change_technician(session, code="T-1", version=2, changes={"partner": None}, actor_id=None)
    session.flush()
    set_partner_active(session, code="BH", active=False)
    with pytest.raises(errors.PartnerIsInactive):
        change_technician(session, code="T-2", version=1, changes={"partner": partner}, actor_id=None)


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [(Terms("", 1, 1, 1), errors.NameMissing), (Terms("X", -1, 1, 1), errors.RateNotUsable)],
)
def test_terms_that_cannot_be_are_refused(session: Session, terms: Terms, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        add_partner(session, code="BH", terms=terms)


def test_a_code_stands_for_one_partner_and_one_territory(session: Session) -> None:
    add_partner(session, code="BH", terms=TERMS)
    add_territory(session, code="N", name="North")

    with pytest.raises(errors.PartnerCodeTaken):
        add_partner(session, code=" BH ", terms=TERMS)
    with pytest.raises(errors.TerritoryCodeTaken):
        add_territory(session, code="N", name="Again")


def test_a_territory_in_use_is_not_removed(session: Session, people: tuple[Technician, Technician]) -> None:
    add_territory(session, code="N", name="North")
    rename_territory(session, code="N", name="The north")
    job = job_in(session, "N")
    work_in(session, people[0], "N")

    with pytest.raises(errors.TerritoryInUse, match="N has 1 sites and 1 technicians"):
        remove_territory(session, code="N")
    [row] = territories(session)
    assert (row.territory.name, row.sites, row.technicians) == ("The north", 1, ("Rui",))

    assert assign_sites(session, codes=[job.site.code], territory=None) == 1
    work_in(session, people[0])
    remove_territory(session, code="N")
    session.flush()
    assert territories(session) == []


def test_sites_of_which_one_is_unknown_stay_where_they_are(session: Session) -> None:
    territory = add_territory(session, code="N", name="North")
    site = add_site(session)

    with pytest.raises(UnknownSite):
        assign_sites(session, codes=[site.code, "S-?"], territory=territory)

    assert site.territory_id is None
