"""Technicians: who they are, when they work, where and for whom; territories and partner firms."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import technicians as schemas
from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from customers.calendars import WeeklyHours
from dispatch import workforce
from dispatch.workforce import changes, patterns, preferences, queries
from dispatch.workforce import partners as firms
from dispatch.workforce import territories as areas
from dispatch.workforce.absences import absences_of
from dispatch.workforce.shifts import Break, Hours, put_shift
from dispatch.workforce.technicians import expiring_skills, lock_technician

technicians = Blueprint(
    "api_technicians", __name__, url_prefix="/api/v1/technicians", description="Who drives out, and when"
)
territories = Blueprint(
    "api_territories", __name__, url_prefix="/api/v1/territories", description="Where technicians work"
)
partners = Blueprint("api_partners", __name__, url_prefix="/api/v1/partners", description="Firms that lend technicians")


@technicians.route("")
class Technicians(MethodView):
    """All technicians."""

    @technicians.response(200, schemas.Technicians)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self) -> dict[str, Any]:
        """List everybody, those who left last."""
        return {"technicians": [row.technician for row in queries.roster(db.session()).rows]}

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.NewTechnician)
    @technicians.response(201, schemas.Technician)
    @allow(RoleName.DISPATCHER)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add a technician, with a van of their own."""
        levels, last_days = _skills(given.pop("skills"))
        new = workforce.NewTechnician(**given)
        return _dumped(
            schemas.Technician(), workforce.add_technician(db.session(), new, skills=levels, valid_until=last_days)
        )


@technicians.route("/expiring-skills")
class ExpiringSkills(MethodView):
    """Certificates that end soon."""

    @technicians.response(200, schemas.ExpiringSkills)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self) -> dict[str, Any]:
        """List the skills that end within 30 days or have ended."""
        return {"skills": expiring_skills(db.session(), today=read_firm(db.session()).today())}


@technicians.route("/<string:code>")
class OneTechnician(MethodView):
    """One technician."""

    @technicians.response(200, schemas.Technician)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self, code: str) -> object:
        """Show a technician."""
        return workforce.technician_by_code(db.session(), code)

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.TechnicianChange)
    @technicians.response(200, schemas.Technician)
    @allow(RoleName.DISPATCHER)
    @command()
    def patch(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Change a technician; refused if somebody else changed them since `version`."""
        session, version = db.session(), given.pop("version")
        if given.get("partner") is not None:
            given["partner"] = firms.partner_by_code(session, given["partner"])
        if "territories" in given:
            given["territories"] = [areas.territory_by_code(session, one) for one in given["territories"]]
        if "skills" in given:
            given["skills"], given["valid_until"] = _skills(given["skills"])
        wanted = changes.TechnicianChanges(**given)  # type: ignore[typeddict-item]
        changed = changes.change_technician(
            session, code=code, version=version, changes=wanted, actor_id=current_user.id
        )
        return _dumped(schemas.Technician(), changed)


@technicians.route("/<string:code>/leave")
class Leave(MethodView):
    """Somebody who leaves."""

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.TechnicianVersion)
    @technicians.response(200, schemas.WorkLeft)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Let a technician leave; answers the visits for which somebody else has to be found."""
        session = db.session()
        ahead = changes.let_go(session, code=code, version=given["version"], actor_id=current_user.id)
        left = {"technician": workforce.technician_by_code(session, code), "visits": ahead}
        return _dumped(schemas.WorkLeft(), left)


@technicians.route("/<string:code>/return")
class Return(MethodView):
    """Somebody who comes back."""

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.TechnicianVersion)
    @technicians.response(200, schemas.Technician)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Let a technician work again."""
        back = changes.take_back(db.session(), code=code, version=given["version"], actor_id=current_user.id)
        return _dumped(schemas.Technician(), back)


@technicians.route("/<string:code>/days")
class Days(MethodView):
    """When somebody works."""

    @technicians.arguments(schemas.WorkDayQuery, location="query")
    @technicians.response(200, schemas.WorkDays)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self, wanted: dict[str, Any], code: str) -> dict[str, Any]:
        """Show the days to come, and the weeks from which their shifts are made."""
        session = db.session()
        technician = workforce.technician_by_code(session, code)
        first = wanted["first"] or read_firm(session).today()
        rows = queries.week_days(session, technician, first, wanted["days"])
        return {"days": [_day(row) for row in rows], "weeks": patterns.patterns_of(session, technician)}


@technicians.route("/<string:code>/weeks")
class Weeks(MethodView):
    """Working weeks."""

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.NewWorkWeek)
    @technicians.response(200, schemas.WorkWeek)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Let a technician work by a week from a day on; its shifts are made four weeks ahead."""
        version, rest = given.pop("version"), given.pop("rest")
        spans = {name: [[day["begin"], day["end"]]] for name, day in given.pop("hours").items()}
        week = patterns.Week(
            hours=WeeklyHours.parse(spans),
            break_minutes=rest["minutes"] if rest else 0,
            break_earliest=rest["earliest"] if rest else None,
            break_latest=rest["latest"] if rest else None,
            **given,
        )
        kept = patterns.set_week(db.session(), code=code, week=week, version=version, actor_id=current_user.id)
        return _dumped(schemas.WorkWeek(), kept)


@technicians.route("/<string:code>/weeks/<int:pattern_id>/remove")
class RemoveWeek(MethodView):
    """A working week that is given up."""

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.TechnicianVersion)
    @technicians.response(200, schemas.Technician)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str, pattern_id: int) -> dict[str, Any]:
        """Take a week away, with the shifts to come that it made."""
        session = db.session()
        patterns.remove_week(
            session, code=code, pattern_id=pattern_id, version=given["version"], actor_id=current_user.id
        )
        return _dumped(schemas.Technician(), workforce.technician_by_code(session, code))


@technicians.route("/<string:code>/shifts")
class Shifts(MethodView):
    """Days by hand."""

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.NewShift)
    @technicians.response(200, schemas.WorkDay)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Set the hours of the day on which they begin; no week overrules them."""
        session = db.session()
        technician = lock_technician(session, code)
        shift = put_shift(session, technician, _hours(given), version=given["shift_version"])
        session.flush()  # The day is read back as others see it.
        [row] = queries.week_days(session, technician, shift.day, 1)
        return _dumped(schemas.WorkDay(), _day(row))


@technicians.route("/<string:code>/absences")
class Absences(MethodView):
    """Absences."""

    @technicians.response(200, schemas.Absences)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self, code: str) -> dict[str, Any]:
        """List the absences that are not over, withdrawn ones too."""
        technician = workforce.technician_by_code(db.session(), code)
        return {"absences": absences_of(db.session(), technician, since=clock.now())}

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.NewAbsence)
    @technicians.response(201, schemas.Absence)
    @allow(RoleName.DISPATCHER)
    @command(201)
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Note an absence; visits that are planned in it stay until the day is planned anew."""
        technician = workforce.technician_by_code(db.session(), code)
        absence = workforce.note_absence(db.session(), technician_id=technician.id, actor_id=current_user.id, **given)
        return _dumped(schemas.Absence(), absence)


@technicians.route("/absences/<int:absence_id>/withdraw")
class WithdrawAbsence(MethodView):
    """An absence that does not take place."""

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.response(200, schemas.Absence)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, absence_id: int) -> dict[str, Any]:
        """Take an absence back; the working time is there again."""
        withdrawn = workforce.withdraw_absence(db.session(), absence_id=absence_id, actor_id=current_user.id)
        return _dumped(schemas.Absence(), withdrawn)


@technicians.route("/<string:code>/preferences")
class Preferences(MethodView):
    """Wishes of customers."""

    @technicians.doc(parameters=[KEY_PARAMETER])
    @technicians.arguments(schemas.CustomerWish)
    @technicians.response(200, schemas.CustomerWish)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Note whether a customer prefers the technician or does not want them."""
        preferences.set_preference(
            db.session(),
            customer_code=given["customer"],
            technician_code=code,
            preference=given["preference"],
            reason=given["reason"],
            actor_id=current_user.id,
        )
        return _dumped(schemas.CustomerWish(), given)


@territories.route("")
class Territories(MethodView):
    """All territories."""

    @territories.response(200, schemas.Territories)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self) -> dict[str, Any]:
        """List the territories with what lies in them."""
        return {"territories": areas.territories(db.session())}

    @territories.doc(parameters=[KEY_PARAMETER])
    @territories.arguments(schemas.Territory)
    @territories.response(201, schemas.Territory)
    @allow(RoleName.DISPATCHER)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add a territory."""
        return _dumped(schemas.Territory(), areas.add_territory(db.session(), **given))


@territories.route("/<string:code>/sites")
class TerritorySites(MethodView):
    """Sites of a territory."""

    @territories.doc(parameters=[KEY_PARAMETER])
    @territories.arguments(schemas.TerritorySites)
    @territories.response(200, schemas.MovedSites)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Put sites into the territory; answers how many were elsewhere before."""
        session = db.session()
        territory = areas.territory_by_code(session, code)
        return {"moved": areas.assign_sites(session, codes=given["sites"], territory=territory)}


@territories.route("/<string:code>/remove")
class RemoveTerritory(MethodView):
    """A territory that is given up."""

    @territories.doc(parameters=[KEY_PARAMETER])
    @territories.response(200, schemas.Territories)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, code: str) -> dict[str, Any]:
        """Remove a territory that nobody and nothing belongs to; answers the others."""
        session = db.session()
        areas.remove_territory(session, code=code)
        session.flush()  # The list is read back without it.
        return _dumped(schemas.Territories(), {"territories": areas.territories(session)})


@partners.route("")
class Partners(MethodView):
    """All partner firms."""

    @partners.response(200, schemas.Partners)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self) -> dict[str, Any]:
        """List the partner firms with their rates."""
        return {"partners": [row for row, _ in firms.partners(db.session())]}

    @partners.doc(parameters=[KEY_PARAMETER])
    @partners.arguments(schemas.NewPartner)
    @partners.response(201, schemas.Partner)
    @allow(RoleName.DISPATCHER)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add a partner firm."""
        code = given.pop("code")
        return _dumped(schemas.Partner(), firms.add_partner(db.session(), code=code, terms=firms.Terms(**given)))


@partners.route("/<string:code>")
class OnePartner(MethodView):
    """One partner firm."""

    @partners.doc(parameters=[KEY_PARAMETER])
    @partners.arguments(schemas.PartnerTerms)
    @partners.response(200, schemas.Partner)
    @allow(RoleName.DISPATCHER)
    @command()
    def put(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Agree on other terms."""
        return _dumped(schemas.Partner(), firms.change_partner(db.session(), code=code, terms=firms.Terms(**given)))


def _skills(given: Iterable[dict[str, Any]]) -> tuple[dict[str, int], dict[str, dt.date | None]]:
    rows = list(given)
    return {row["skill"]: row["level"] for row in rows}, {row["skill"]: row["valid_until"] for row in rows}


def _hours(given: dict[str, Any]) -> Hours:
    rest = None
    if given["break_seconds"] and given["break_earliest"] and given["break_latest"]:
        rest = Break(given["break_seconds"], given["break_earliest"], given["break_latest"])
    return Hours(given["starts_at"], given["ends_at"], rest, given["overtime_seconds"])


def _day(row: queries.DayRow) -> dict[str, Any]:
    working = row.working
    return {
        "day": row.day,
        "shift_version": row.shift.version if row.shift else 0,
        "is_exception": bool(row.shift and row.shift.is_exception),
        "working": working,
        "away": [{"starts_at": begins, "ends_at": ends} for begins, ends in working.away] if working else [],
        "overtime_seconds": working.overtime_seconds if working else 0,
        "absences": row.absences,
        "visits": row.visits,
    }


def _dumped(schema: ma.Schema, value: object) -> dict[str, Any]:
    shown: dict[str, Any] = schema.dump(value)
    return shown
