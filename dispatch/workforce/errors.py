"""Refusals about technicians, when they work and where."""

from core.errors import N_, DomainError, Kind


class NoTechnician(DomainError):
    code = "no_technician"
    kind = Kind.CONFLICT
    sentence = N_("Your account belongs to no technician. Ask the administrator to link it to one.")


class UnknownTechnician(DomainError):
    code = "unknown_technician"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no technician %(technician)s. Check the code in the list of technicians.")


class TechnicianCodeTaken(DomainError):
    code = "technician_code_taken"
    kind = Kind.CONFLICT
    sentence = N_("There is already a technician %(technician)s. Choose another code.")


class TechnicianNotNamed(DomainError):
    code = "technician_not_named"
    sentence = N_("A person with the role technician needs the technician whose stops they see. Choose one.")


class TechnicianHasAccount(DomainError):
    code = "technician_has_account"
    kind = Kind.CONFLICT
    sentence = N_("Technician %(technician)s signs in as %(email)s already. Choose another technician.")


class TechnicianChanged(DomainError):
    code = "technician_changed"
    kind = Kind.CONFLICT
    sentence = N_("Technician %(technician)s was changed by %(name)s at %(at)s. Reload and make your change again.")


class TechnicianUnderWay(DomainError):
    code = "technician_under_way"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(technician)s is under way for %(numbers)s and cannot leave now. "
        "End that visit, or cancel the job, and try again."
    )


class TechnicianIsInactive(DomainError):
    code = "technician_is_inactive"
    kind = Kind.CONFLICT
    sentence = N_("%(technician)s has left and gets no working time. Take the technician back first.")


class TrunkCodeTaken(DomainError):
    code = "trunk_code_taken"
    kind = Kind.CONFLICT
    sentence = N_(
        "The van of technician %(technician)s would be the place %(place)s, but another place has this code. "
        "Rename that place or choose another code for the technician."
    )


class CodeNotUsable(DomainError):
    code = "code_not_usable"
    sentence = N_("A code has 1 to %(most)s characters; “%(code)s” does not. Give another one.")


class NameMissing(DomainError):
    code = "name_missing"
    sentence = N_("A name has 1 to %(most)s characters. Give one.")


class HomeNotOnEarth(DomainError):
    code = "home_not_on_earth"
    sentence = N_(
        "%(lat)s, %(lon)s is off the earth. Give the latitude from -90 to 90 and the longitude from -180 to 180."
    )


class SkillLevelOutOfRange(DomainError):
    code = "skill_level_out_of_range"
    sentence = N_("The skill %(skill)s has the level %(level)s. Use 1, 2 or 3.")


class SkillNameNotUsable(DomainError):
    code = "skill_name_not_usable"
    sentence = N_("A skill is a word of 1 to %(most)s characters; “%(skill)s” is not. Name it otherwise.")


class ShiftOutOfOrder(DomainError):
    code = "shift_out_of_order"
    sentence = N_(
        "The shift of %(technician)s on %(day)s ends at %(ends)s, not after its start at %(starts)s. "
        "Enter an end after the start."
    )


class ShiftTooLong(DomainError):
    code = "shift_too_long"
    sentence = N_("The shift of %(technician)s on %(day)s would last %(hours)s hours. Give at most %(most)s.")


class OvertimeTooLong(DomainError):
    code = "overtime_too_long"
    sentence = N_("%(minutes)s minutes of overtime a day are not possible. Give from 0 to %(most)s.")


class BreakOutsideShift(DomainError):
    code = "break_outside_shift"
    sentence = N_(
        "The break of %(technician)s on %(day)s does not fit: it takes %(minutes)s minutes and starts between "
        "%(earliest)s and %(latest)s, while the shift lasts from %(starts)s to %(ends)s. Move or shorten the break."
    )


class ShiftExists(DomainError):
    code = "shift_exists"
    kind = Kind.CONFLICT
    sentence = N_("%(technician)s already has a shift on %(day)s. Change that one instead of adding another.")


class ShiftChanged(DomainError):
    code = "shift_changed"
    kind = Kind.CONFLICT
    sentence = N_("The shift of %(technician)s on %(day)s was changed meanwhile. Reload and make your change again.")


class DayIsOver(DomainError):
    code = "day_is_over"
    sentence = N_("%(day)s is over. Change the working time of today or of a day to come.")


class PatternWithoutHours(DomainError):
    code = "pattern_without_hours"
    sentence = N_("The working week has no hours at all. Give hours for at least one weekday.")


class PatternDayInParts(DomainError):
    code = "pattern_day_in_parts"
    sentence = N_(
        "%(weekday)s has several spans (%(hours)s). Give one span a day and enter the rest in between as the break."
    )


class PatternOutOfOrder(DomainError):
    code = "pattern_out_of_order"
    sentence = N_("The working week would hold from %(first)s until %(last)s. Give a last day not before the first.")


class PatternsOverlap(DomainError):
    code = "patterns_overlap"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(technician)s has another working week from %(first)s until %(last)s. "
        "Choose days outside it, or change or remove that one first."
    )


class PatternBreakNowhere(DomainError):
    code = "pattern_break_nowhere"
    sentence = N_(
        "The break of %(minutes)s minutes that starts between %(earliest)s and %(latest)s fits into no day of the "
        "week. Move or shorten it."
    )


class PatternInPast(DomainError):
    code = "pattern_in_past"
    sentence = N_("A working week that begins on %(first)s lies too far back or ahead. Choose a day within a year.")


class UnknownPattern(DomainError):
    code = "unknown_pattern"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no such working week any more. Load the technician's page again.")


class AbsenceOutOfOrder(DomainError):
    code = "absence_out_of_order"
    sentence = N_("The absence ends at %(ends)s, not after its start at %(starts)s. Enter an end after the start.")


class AbsenceIsOver(DomainError):
    code = "absence_is_over"
    sentence = N_("An absence that ended at %(ends)s changes nothing any more. Give an end after now (%(now)s).")


class AbsenceTooLong(DomainError):
    code = "absence_too_long"
    sentence = N_(
        "From %(starts)s to %(ends)s are more than %(days)s days, or lie further off than that. Check the year."
    )


class AbsenceExists(DomainError):
    code = "absence_exists"
    kind = Kind.CONFLICT
    sentence = N_("%(technician)s is absent from %(starts)s to %(ends)s already, so nothing was added.")


class UnknownAbsence(DomainError):
    code = "unknown_absence"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no absence %(absence_id)s. Load the technician's page again.")


class AbsenceWithdrawn(DomainError):
    code = "absence_withdrawn"
    kind = Kind.CONFLICT
    sentence = N_("This absence of %(technician)s was withdrawn at %(at)s already.")


class UnknownTerritory(DomainError):
    code = "unknown_territory"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no territory %(territory)s. Choose one of the list of territories.")


class TerritoryCodeTaken(DomainError):
    code = "territory_code_taken"
    kind = Kind.CONFLICT
    sentence = N_("There is already a territory %(territory)s. Choose another code.")


class TerritoryInUse(DomainError):
    code = "territory_in_use"
    kind = Kind.CONFLICT
    sentence = N_(
        "Territory %(territory)s has %(sites)s sites and %(technicians)s technicians. Assign those elsewhere first."
    )


class UnknownPartner(DomainError):
    code = "unknown_partner"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no partner firm %(partner)s. Choose one of the list of partner firms.")


class PartnerCodeTaken(DomainError):
    code = "partner_code_taken"
    kind = Kind.CONFLICT
    sentence = N_("There is already a partner firm %(partner)s. Choose another code.")


class PartnerHasTechnicians(DomainError):
    code = "partner_has_technicians"
    kind = Kind.CONFLICT
    sentence = N_(
        "Partner firm %(partner)s still lends us %(technicians)s. Let them leave, or make them our own, and try again."
    )


class PartnerIsInactive(DomainError):
    code = "partner_is_inactive"
    kind = Kind.CONFLICT
    sentence = N_("We no longer work with partner firm %(partner)s. Take it back first, or choose another.")


class RateNotUsable(DomainError):
    code = "rate_not_usable"
    sentence = N_("A rate of %(cents)s cents is not possible. Give from 0 to %(most)s.")


class UnknownCustomer(DomainError):
    code = "unknown_customer"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no customer %(customer)s. Check the code.")
