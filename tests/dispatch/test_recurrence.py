"""Facts about rules for recurring days."""

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from dispatch.recurrence import Recurrence, RuleNeverOccurs, RuleNotUnderstood, RuleTooLong, RuleTooOften, read_rule

FIRST = dt.date(2026, 1, 1)


def days(rule: str, count: int = 3, *, starts_on: dt.date = FIRST, ends_on: dt.date | None = None) -> list[str]:
    read = read_rule(rule, starts_on=starts_on, ends_on=ends_on)
    return [day.isoformat() for day in read.next_days(starts_on, count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU", ["2026-01-06", "2026-04-07", "2026-07-07"]),
        ("freq=weekly;byday=mo,th", ["2026-01-01", "2026-01-05", "2026-01-08"]),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2026-01-30", "2026-02-27", "2026-03-31"]),
        ("FREQ=DAILY;COUNT=2", ["2026-01-01", "2026-01-02"]),
        ("FREQ=DAILY;UNTIL=20260102", ["2026-01-01", "2026-01-02"]),
        ("FREQ=DAILY;UNTIL=20260102T235959Z", ["2026-01-01", "2026-01-02"]),
    ],
)
def test_a_rule_names_days(rule: str, expected: list[str]) -> None:
    assert days(rule) == expected


def test_the_plans_last_day_ends_a_rule_that_goes_on() -> None:
    assert days("FREQ=DAILY", ends_on=dt.date(2026, 1, 2)) == ["2026-01-01", "2026-01-02"]
    assert days("FREQ=DAILY;UNTIL=20260103", 9, ends_on=dt.date(2026, 1, 9))[-1] == "2026-01-03"


def test_a_count_runs_from_the_first_day_whenever_one_asks() -> None:
    rule = read_rule("FREQ=WEEKLY;COUNT=3", starts_on=FIRST)

    assert rule.between(dt.date(2026, 1, 10), dt.date(2026, 12, 31)) == [dt.date(2026, 1, 15)]


@pytest.mark.parametrize(
    ("rule", "refusal", "words"),
    [
        ("every monday", RuleNotUnderstood, "“EVERY MONDAY” is not understood"),
        ("", RuleNotUnderstood, "“-”"),
        ("FREQ=MONTHLY;INTERVAL=0", RuleNotUnderstood, "INTERVAL=0"),
        ("FREQ=MONTHLY;BYMONTH=13", RuleNotUnderstood, "BYMONTH=13"),
        ("FREQ=MONTHLY;BYDAY=XX", RuleNotUnderstood, "BYDAY=XX"),
        ("FREQ=FORTNIGHTLY", RuleNotUnderstood, "FREQ=FORTNIGHTLY"),
        ("INTERVAL=2", RuleNotUnderstood, "INTERVAL=2"),
        ("FREQ=DAILY;FREQ=DAILY", RuleNotUnderstood, "FREQ=DAILY"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", RuleNotUnderstood, "COUNT=2"),
        ("FREQ=DAILY;BYHOUR=9", RuleNotUnderstood, "BYHOUR=9"),
        ("DTSTART=20260101;FREQ=DAILY", RuleNotUnderstood, "DTSTART=20260101"),
        ("FREQ=DAILY;" * 40, RuleNotUnderstood, "FREQ=DAILY"),
        ("FREQ=SECONDLY", RuleTooOften, "cannot recur SECONDLY"),
        ("FREQ=HOURLY;INTERVAL=48", RuleTooOften, "cannot recur HOURLY"),
        ("FREQ=DAILY;COUNT=10000", RuleTooLong, "stands for 10000 occurrences"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", RuleNeverOccurs, "names no day within 10 years from 2026-01-01"),
        ("FREQ=DAILY;UNTIL=20250101", RuleNeverOccurs, "names no day"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=20", RuleNeverOccurs, "names no day"),
    ],
)
def test_nonsense_is_refused_with_the_facts(rule: str, refusal: type[DomainError], words: str) -> None:
    with pytest.raises(refusal, match=words):
        read_rule(rule, starts_on=FIRST)


def test_nonsense_is_refused_quickly() -> None:
    began = time.process_time()

    for rule in ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"):
        with pytest.raises(RuleNeverOccurs):
            read_rule(rule, starts_on=FIRST)

    assert time.process_time() - began < 2


def test_the_shortest_gap_between_two_turns_is_known() -> None:
    assert read_rule("FREQ=WEEKLY;BYDAY=MO,TH", starts_on=FIRST).shortest_gap() == 3
    assert read_rule("FREQ=DAILY;COUNT=1", starts_on=FIRST).shortest_gap() is None


names = st.sampled_from(["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "X", ""])
values = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "SECONDLY", "0", "1", "-1", "5", "31", "99", "5FR"])


@given(st.lists(st.tuples(names, values), max_size=5))
def test_whatever_is_written_is_understood_or_refused(parts: list[tuple[str, str]]) -> None:
    text = ";".join(f"{name}={value}" for name, value in parts)

    try:
        read = read_rule(text, starts_on=FIRST)
    except DomainError:
        return

    assert isinstance(read, Recurrence)
    assert read.next_days(FIRST, 5) == sorted(set(read.next_days(FIRST, 5)))
