"""Facts about words for codes: none is ever shown as a bare code."""

import enum

import pytest

from core.accounts import Navigation, RoleName, TextSize, Theme
from customers.models import CalendarKind, Priority
from dispatch.clocks import ClockState
from dispatch.lifecycle import Action
from dispatch.models import clocks, jobs, plans, visits
from inventory import models as inventory
from routing.objective import TERMS
from routing.solution import ReasonCode
from routing.solve import ENGINES
from web import wording

SHOWN = [
    RoleName,
    Theme,
    TextSize,
    Navigation,
    Priority,
    jobs.JobKind,
    jobs.JobStatus,
    visits.VisitStatus,
    visits.CannotComplete,
    clocks.ClockKind,
    clocks.ClockSign,
    clocks.PauseReason,
    ClockState,
    CalendarKind,
    plans.PlanState,
    plans.RunState,
    plans.StopKind,
    inventory.PartFamily,
    inventory.PlaceKind,
    inventory.MovementKind,
    inventory.ReservationState,
    inventory.PickState,
    inventory.TransferState,
    inventory.OrderState,
    inventory.CoreState,
    inventory.RmaState,
    inventory.CountState,
]


@pytest.mark.parametrize("codes", SHOWN)
def test_every_member_has_a_word(codes: type[enum.StrEnum]) -> None:
    assert set(wording.WORDS[codes]) == set(codes)


def test_every_kind_of_notice_has_a_sentence() -> None:
    assert set(wording.NOTICES) == set(clocks.NoticeKind)


def test_every_reason_of_the_planner_is_told_for_a_job_and_for_a_technician() -> None:
    assert {str(code) for code in ReasonCode} <= set(wording.LEFT_OUT)
    assert {str(code) for code in ReasonCode} == set(wording.OBSTACLES)


def test_every_term_of_cost_is_named() -> None:
    assert set(wording.COST_TERMS) == {*TERMS, "total"}


def test_every_engine_is_named() -> None:
    assert set(wording.ENGINES) == set(ENGINES)


def test_every_action_of_a_jobs_life_is_told_in_its_history() -> None:
    facts = {"take_in", "change", "use_part", "pause_clocks", "resume_clocks", "pin", "unpin", "promise"}

    assert {*Action, *facts} <= set(wording.JOB_ACTIONS)
