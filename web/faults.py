"""The fault catalogue: reading it with its trees, and reading in a firm's own."""

import json

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import STATUS, DomainError
from dispatch.fault_catalogue import (
    CatalogueProblem,
    CatalogueRefused,
    as_entry,
    load_catalogue,
    read_catalogue,
    tree_of,
)
from dispatch.fault_trees import fault_named, in_order
from dispatch.faults import fault_by_code, faults_by_subject
from web import wording
from web.commands import Answer, act_once
from web.imports import PROBLEMS_SHOWN, NoFileChosen
from web.wording import sentence

pages = Blueprint("faults", __name__)

READERS = (RoleName.DESK, RoleName.DISPATCHER, RoleName.MANAGER)


@pages.get("/faults")
@allow(*READERS)
def index() -> ResponseReturnValue:
    """Show the catalogue by what is broken."""
    return _page()


@pages.get("/faults/<code>")
@allow(*READERS)
def show(code: str) -> ResponseReturnValue:
    """Show a fault with its tree, in the order in which people come to its steps."""
    fault = fault_by_code(db.session(), code)
    keys = in_order(tree_of(fault))
    steps = {step.key: step for step in fault.steps}
    return render_template(
        "faults/show.html",
        fault=fault,
        steps=[steps[key] for key in keys],
        numbers={key: number for number, key in enumerate(keys, start=1)},
        fault_named=fault_named,
        wording=wording,
    )


@pages.get("/faults/catalogue.json")
@allow(*READERS)
def download() -> ResponseReturnValue:
    """Answer the whole catalogue as a file that can be changed and read in again."""
    faults = [as_entry(fault) for group in faults_by_subject(db.session()).values() for fault in group]
    body = json.dumps({"faults": faults}, ensure_ascii=False, indent=1)
    response = Response(body, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="faults.json"'
    return response


@pages.post("/faults")
@allow(RoleName.ADMIN)
def receive() -> ResponseReturnValue:
    """Read in a catalogue, all or nothing."""
    file = request.files.get("file")
    content = file.read() if file else b""

    def act() -> Answer:
        if not content:
            raise NoFileChosen
        loaded = load_catalogue(db.session(), read_catalogue(content))
        words = gettext("Faults added: %(added)s, updated: %(updated)s.", added=loaded.added, updated=loaded.updated)
        return Answer(url_for("faults.index"), words)

    try:
        return act_once(act, content=content)
    except DomainError as error:
        problems = error.problems if isinstance(error, CatalogueRefused) else []
        return _page(sentence(error), problems), STATUS[error.kind]


def _page(problem: str = "", problems: list[CatalogueProblem] | None = None) -> str:
    return render_template(
        "faults/list.html",
        subjects=faults_by_subject(db.session()),
        problem=problem,
        problems=problems or [],
        problems_shown=PROBLEMS_SHOWN,
        wording=wording,
    )
