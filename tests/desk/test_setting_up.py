"""The files that the guide to setting up a firm shows are a firm, on both databases."""

import re
from pathlib import Path

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from desk.csv_import import FORMS, import_csv
from dispatch.models import Job
from dispatch.models.jobs import JobStatus
from dispatch.planning import request_plan
from inventory.audit import find_differences
from tests.factories import MONDAY, at

GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"


@time_machine.travel(at(7), tick=False)
def test_the_files_of_the_guide_make_an_empty_database_a_firm_that_can_be_planned(session: Session) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    files = re.findall(r"^`(\w+)\.csv`.*?\n```csv\n(.*?)```", guide, re.MULTILINE | re.DOTALL)

    for kind, text in files:
        assert import_csv(session, kind=kind, text=text, actor_id=None).updated == 0

    assert [kind for kind, _ in files] == list(FORMS)
    assert session.scalars(sa.select(Job.status)).all() == [JobStatus.READY]
    assert find_differences(session) == []
    assert request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None).id
