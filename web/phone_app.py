"""What makes an app of the technician's pages: its manifest, its worker, and the account that the phone asks for."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, render_template, request
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from core import clock
from core.access import allow, allow_everybody
from core.accounts import RoleName
from core.db import db
from dispatch.fieldwork import phone
from dispatch.fieldwork.account import LeftVisit, visits_kept, visits_left
from dispatch.models import Technician
from dispatch.workforce import technician_of_user
from web import formats
from web.assets import BUILT
from web.caller import caller_id, caller_is, firm
from web.conflicts import RECENT, told_words
from web.forms import day_asked_for
from web.languages import language

pages = Blueprint("phone_app", __name__)

# Pages that a phone keeps; the worker (src/sw.ts) asks for them, and takes only what is marked. A count of the van
# moves on with each form that is sent, and nothing brings a page of it up to date: an old one would begin it anew.
KEPT = re.compile(r"^/day(?!/sync$|/van/count$)(/|$)|^/visits/\d+/report$")
# Marks a page as one that a phone may keep, and says whose it is. Sign-ins, refusals and other roles' pages have none.
MARK = "Wrenchway-Phone"

# Whatever these templates name as behaviour is there before somebody drives into a basement.
TEMPLATES = Path(__file__).parent / "templates"
OF_THE_PHONE = ("layout.html", "components/*.html", "day/*.html", "visits/*.html", "phone/*.html")
NAMED_MODULES = re.compile(r'data-module="([^"{]+)"')
SIZES = (192, 512)


def register(app: Flask) -> None:
    """Mark the pages that a phone may keep."""
    app.after_request(mark_kept_page)


def mark_kept_page(response: Response) -> Response:
    """
    Say on a page whose it is, which day it shows and what time it is here, if a phone may keep it.

    A page that tells what was just done is for once: kept, it would tell it again.
    """
    if (
        KEPT.match(request.path)
        and request.method == "GET"
        and response.status_code == 200
        and response.mimetype == "text/html"
        and not request.args.keys() - {"day"}
        and not request_ctx.flashes
        and caller_is(RoleName.TECHNICIAN)
    ):
        told = {
            "user": caller_id(),
            "day": day_asked_for().isoformat(),
            "today": firm().today().isoformat(),
            "zone": firm().zone.key,
            "now": clock.now().isoformat(),
        }
        response.headers[MARK] = json.dumps(told)
    return response


@pages.get("/sw.js")
@allow_everybody()
def worker() -> ResponseReturnValue:
    """Answer the worker that serves the phone's pages without a signal, with the files that it needs."""
    try:
        script = (BUILT / "sw.js").read_text()
        manifest = json.loads((BUILT / "manifest.json").read_text())
    except FileNotFoundError:
        return Response("// Nothing was built.\n", status=404, mimetype="text/javascript")
    files = json.dumps(sorted(phone_files(manifest)))
    return Response(
        # Another language is another worker, which fetches all pages anew.
        f"self.phoneFiles = {files};\nself.phoneLanguage = {json.dumps(language().tag)};\n{script}",
        mimetype="text/javascript",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )


def phone_files(manifest: Mapping[str, Any]) -> set[str]:
    """Return the addresses of all scripts, styles and other files that the phone's pages load, also later."""
    wanted = ["src/main.ts", *(f"src/modules/{name}.ts" for name in phone_modules())]
    languages = [entry for entry in manifest if entry.startswith("messages/")]
    reached: dict[str, Mapping[str, Any]] = {}
    for name in (*wanted, *languages):
        # The page's own script names every module there is; of those only the phone's are followed.
        _reach(manifest, name, reached, follow_later=name != "src/main.ts")
    return {f"/static/built/{file}" for entry in reached.values() for file in _files_of(entry)}


def phone_modules() -> set[str]:
    """Return the names of the behaviour that the phone's pages have."""
    templates = [template.read_text() for pattern in OF_THE_PHONE for template in TEMPLATES.glob(pattern)]
    return {name for text in templates for names in NAMED_MODULES.findall(text) for name in names.split()}


def _reach(
    manifest: Mapping[str, Any], name: str, reached: dict[str, Mapping[str, Any]], *, follow_later: bool
) -> None:
    if name in reached or name not in manifest:
        return
    entry = reached[name] = manifest[name]
    later = entry.get("dynamicImports", ()) if follow_later else ()
    for other in (*entry.get("imports", ()), *later):
        _reach(manifest, other, reached, follow_later=follow_later and other != "src/main.ts")


def _files_of(entry: Mapping[str, Any]) -> Iterator[str]:
    yield entry["file"]
    yield from entry.get("css", ())
    yield from entry.get("assets", ())


@pages.get("/manifest.webmanifest")
@allow_everybody()
def manifest() -> ResponseReturnValue:
    """Answer what a phone needs to put the day on its home screen."""
    icons = [
        {"src": f"/static/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in SIZES
        for purpose in ("any", "maskable")
    ]
    body = {
        "id": "/day",
        "name": gettext("Wrenchway: my day"),
        "short_name": "Wrenchway",
        "description": gettext("Stops, parts and reports of a technician's day, also without a signal."),
        "lang": language().tag,
        "start_url": "/day",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f7",
        "theme_color": "#0f6b74",
        "icons": icons,
        "shortcuts": [
            {"name": gettext("Stops"), "url": "/day"},
            {"name": gettext("In the van"), "url": "/day/van"},
        ],
    }
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/manifest+json")


@pages.get("/offline")
@allow_everybody()
def offline() -> ResponseReturnValue:
    """Say that there is no connection; the worker keeps this page for addresses that it does not have."""
    return render_template("phone/offline.html")


@pages.get("/day/waiting")
@allow(RoleName.TECHNICIAN)
def waiting() -> ResponseReturnValue:
    """Show what this phone has not sent yet, and what was refused."""
    return render_template("phone/waiting.html", technician=technician_of_user(db.session(), caller_id()))


@pages.get("/day/sync")
@allow(RoleName.TECHNICIAN)
def account() -> ResponseReturnValue:
    """Say who is signed in, which visits the phone should have, and what became of what it told."""
    session, today = db.session(), firm().today()
    technician = technician_of_user(session, caller_id())
    answers = phone.results(session, user_id=caller_id(), since=clock.now() - RECENT)
    return jsonify(
        user=caller_id(),
        now=clock.now().isoformat(),
        day=today.isoformat(),
        csrf_token=generate_csrf(),
        visits=[
            {
                "id": visit.id,
                "day": visit.day.isoformat(),
                "job": visit.job.number,
                "site": visit.job.site.name,
                "starts_at": visit.planned_start.isoformat(),
                "status": visit.status.value,
            }
            for visit in visits_kept(session, technician_id=technician.id, today=today)
        ],
        left=[
            {"id": left.visit.id, "words": left_words(left, technician)}
            for left in visits_left(session, technician_id=technician.id, today=today)
        ],
        answers=list(_not_carried_out(answers)),
    )


def _not_carried_out(answers: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """What was refused, or kept for a dispatcher, and why, in the reader's language."""
    for answer in answers:
        if "problem" not in answer:
            continue
        conflict = answer.get("conflict", {})
        yield {
            "id": answer["id"],
            "outcome": answer["outcome"],
            "state": conflict.get("state", ""),
            "words": told_words(answer["problem"]),
            "note": conflict.get("note", ""),
        }


def left_words(left: LeftVisit, technician: Technician) -> str:
    """Say which visit is not the technician's any more, and what became of it."""
    facts = {
        "site": left.visit.job.site.name,
        "number": left.visit.job.number,
        "time": formats.time_of_day(left.visit.planned_start, technician.zone),
        "by": left.by,
        "at": formats.moment(left.at, technician.zone) if left.at else "",
        "reason": left.reason,
    }
    if left.by:
        return str(gettext("%(site)s, %(time)s (%(number)s): cancelled by %(by)s, %(at)s. “%(reason)s”", **facts))
    if left.at:
        return str(gettext("%(site)s, %(time)s (%(number)s): cancelled, %(at)s. “%(reason)s”", **facts))
    if left.now is None:
        return str(gettext("%(site)s, %(time)s (%(number)s) is not on your day any more.", **facts))
    if left.now.technician_id != technician.id:
        facts["technician"] = left.now.technician.name
        return str(gettext("%(site)s, %(time)s (%(number)s): %(technician)s goes there now.", **facts))
    facts["day"] = formats.day(left.now.day)
    return str(gettext("%(site)s, %(time)s (%(number)s) is planned for %(day)s now.", **facts))
