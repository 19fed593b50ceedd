"""Importing a firm's own files: choose a kind, send the file, and see what was written or what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, STATUS, DomainError
from desk.csv_import import FORMS, ImportProblem, ImportRefused, import_csv, template_csv
from web import wording
from web.caller import caller_id
from web.commands import Answer, act_once
from web.wording import sentence

pages = Blueprint("imports", __name__)

# A page of more lines than this helps nobody; the first ones usually explain the rest.
PROBLEMS_SHOWN = 500


@dataclass(frozen=True)
class RefusedFile:
    """A file that was not imported: its kind and name, why, and every line that is wrong."""

    kind: str
    filename: str
    problem: str
    lines: Sequence[ImportProblem] = ()


class NoFileChosen(DomainError):
    code = "no_file_chosen"
    sentence = N_("No file was chosen, or it is empty. Choose a CSV file and send it again.")


@pages.get("/imports")
@allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
def show() -> ResponseReturnValue:
    """Show what can be imported, in the order in which a new firm needs it."""
    return _page()


@pages.get("/imports/<kind>/template.csv")
@allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
def template(kind: str) -> ResponseReturnValue:
    """Answer an empty file with the right header."""
    # The byte order mark tells spreadsheets that the file is UTF-8.
    response = Response("\ufeff" + template_csv(kind), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response


@pages.post("/imports/<kind>")
@allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
def receive(kind: str) -> ResponseReturnValue:
    """Import every line of a file, or none."""
    file = request.files.get("file")
    name, content = (file.filename or "", file.read()) if file else ("", b"")

    def act() -> Answer:
        if not content:
            raise NoFileChosen
        result = import_csv(db.session(), kind=kind, text=content, actor_id=caller_id())
        words = gettext(
            "%(kind)s from %(file)s: %(added)s added, %(updated)s updated.",
            kind=wording.in_words(kind, wording.IMPORT_KINDS),
            file=name,
            added=result.added,
            updated=result.updated,
        )
        return Answer(url_for("imports.show"), words)

    try:
        return act_once(act, content=content)
    except DomainError as error:
        lines = error.problems if isinstance(error, ImportRefused) else ()
        return _page(RefusedFile(kind, name, sentence(error), lines)), STATUS[error.kind]


def _page(refused: RefusedFile | None = None) -> str:
    return render_template(
        "imports/show.html", forms=FORMS, refused=refused, problems_shown=PROBLEMS_SHOWN, wording=wording
    )
