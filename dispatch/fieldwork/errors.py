"""Refusals of field work: steps that are not the next one, parts the van lacks, devices that stand elsewhere."""

from core.errors import N_, DomainError, Kind


class UnknownVisit(DomainError):
    code = "unknown_visit"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no visit %(visit_id)s. Load today's stops again.")


class NotYourVisit(DomainError):
    code = "not_your_visit"
    kind = Kind.FORBIDDEN
    sentence = N_("The visit for job %(number)s is not yours. Load today's stops again, or ask the dispatcher.")


class NotYourPickList(DomainError):
    code = "not_your_pick_list"
    kind = Kind.FORBIDDEN
    sentence = N_("Pick list %(pick_list_id)s is for %(trunk)s, not for your van. Load the list of your own stop.")


class StepNotPossible(DomainError):
    """A step that is not the next one of its visit; nothing was changed."""

    code = "step_not_possible"
    kind = Kind.CONFLICT


class NotSetOff(StepNotPossible):
    code = "not_set_off"
    sentence = N_("You have not set off to %(site)s for job %(number)s yet. Set off first.")


class AlreadyEnRoute(StepNotPossible):
    code = "already_en_route"
    sentence = N_("You are on the way to %(site)s for job %(number)s. Arrive there next.")


class AlreadyOnSite(StepNotPossible):
    code = "already_on_site"
    sentence = N_(
        "You are on site at %(site)s for job %(number)s already. Complete the visit next, or say why you cannot."
    )


class VisitOver(StepNotPossible):
    code = "visit_over"
    sentence = N_("The visit at %(site)s for job %(number)s has ended. Go on to your next stop.")


class VisitWithdrawn(StepNotPossible):
    code = "visit_withdrawn"
    sentence = N_(
        "The dispatcher took this job off your day: %(number)s at %(site)s. Load today's stops again and go on."
    )


class BusyElsewhere(StepNotPossible):
    code = "busy_elsewhere"
    sentence = N_(
        "You have not finished at %(site)s (job %(number)s). Complete that visit or say why you cannot, then set off."
    )


class EndedOtherwise(StepNotPossible):
    code = "ended_otherwise"
    sentence = N_(
        "The visit for job %(number)s ended otherwise already: %(ended)s. The dispatcher decides which holds."
    )


class PartNotLoaded(DomainError):
    code = "part_not_loaded"
    kind = Kind.CONFLICT
    sentence = N_("%(sku)s is still at %(place)s: load the pick list first.")


class PartInOtherTrunk(DomainError):
    code = "part_in_other_trunk"
    kind = Kind.CONFLICT
    sentence = N_("%(sku)s for this job is in %(place)s, not in your van. Ask the dispatcher who brings it to you.")


class PartNotInTrunk(DomainError):
    code = "part_not_in_trunk"
    kind = Kind.CONFLICT
    sentence = N_(
        "Your van has too few free pieces of %(sku)s: %(missing)s are missing. Use fewer, or end the visit with "
        "the reason that it needs a part."
    )


class UsedOnAnotherDay(DomainError):
    code = "used_on_another_day"
    kind = Kind.CONFLICT
    sentence = N_(
        "The visit for job %(number)s ended at %(ended_at)s, and the part %(sku)s was used on another day "
        "(%(used_at)s). The dispatcher decides whether it counts."
    )


class CountedSince(DomainError):
    code = "counted_since"
    kind = Kind.CONFLICT
    sentence = N_(
        "Your van was counted at %(counted_at)s, after %(sku)s was used at %(used_at)s: the count may have the piece "
        "already. The dispatcher decides whether it is booked."
    )


class NoteTooLong(DomainError):
    code = "note_too_long"
    sentence = N_("The note has %(length)s characters; at most %(limit)s fit. Shorten it.")


class NameTooLong(DomainError):
    code = "name_too_long"
    sentence = N_("The name has %(length)s characters; at most %(limit)s fit. Shorten it.")


class UnknownCheck(DomainError):
    code = "unknown_check"
    sentence = N_("%(key)s is not on the list of this kind of work. Load today's stops again.")


class SkillNotUsable(DomainError):
    code = "skill_not_usable"
    sentence = N_("%(skill)s at level %(level)s is not a skill. Name it in at most 40 letters, with a level of 1 to 3.")


class DeviceNotThere(DomainError):
    code = "device_not_there"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(serial)s does not stand at %(site)s according to our records, so it cannot be taken away from there. "
        "Check the number on the label."
    )


class DeviceStandsElsewhere(DomainError):
    code = "device_stands_elsewhere"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(serial)s stands at %(site)s according to our records. Check the number on the label, or have the device "
        "taken away there first."
    )


class ModelMissing(DomainError):
    code = "model_missing"
    sentence = N_("%(serial)s is a device that nobody has seen before. Name its model too.")


class SerialNotUsable(DomainError):
    code = "serial_not_usable"
    sentence = N_("The serial number %(serial)s has more than %(limit)s characters. Check what was scanned.")


class SerialsTakenAlready(DomainError):
    code = "serials_taken_already"
    kind = Kind.CONFLICT
    sentence = N_(
        "For job %(number)s the device %(known)s was noted already, not %(serial)s. Ask the dispatcher which is right."
    )


class ColleagueOnSite(DomainError):
    code = "colleague_on_site"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(technician)s works on job %(number)s at this moment. Decide when that visit has ended, or call them back."
    )


class UnknownConflict(DomainError):
    code = "unknown_conflict"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no conflict %(conflict_id)s. Load the list again.")


class ConflictDecided(DomainError):
    code = "conflict_decided"
    kind = Kind.CONFLICT
    sentence = N_("%(name)s decided this conflict at %(at)s already. Load the list again.")


class DismissalWithoutReason(DomainError):
    code = "dismissal_without_reason"
    sentence = N_("Write why it does not count; the technician reads it.")


class FileChangedOnTheWay(DomainError):
    code = "file_changed_on_the_way"
    sentence = N_("The file is not the one that was meant: it may have been cut off on the way. Send it again.")


class NotOnSiteYet(DomainError):
    code = "not_on_site_yet"
    kind = Kind.CONFLICT
    sentence = N_("Nobody was on site for job %(number)s at this visit yet. Say that you arrived first.")


class ChargeWithoutReason(DomainError):
    code = "charge_without_reason"
    sentence = N_("Say why the customer has to pay for it: it stands on the bill.")


class LongerThanADay(DomainError):
    code = "longer_than_a_day"
    sentence = N_("%(minutes)s minutes are more than a day has. Charge what this visit took.")


class NotChargedOnSite(DomainError):
    code = "not_charged_on_site"
    sentence = N_("“%(charged)s” is not put on a bill on site. Charge labour, a call-out or parts.")


class ChargedAnyway(DomainError):
    code = "charged_anyway"
    kind = Kind.CONFLICT
    sentence = N_(
        "Neither contract nor warranty covers this for job %(number)s (%(charged)s): it is on the bill already, "
        "so it was not added."
    )


class NotUsedThere(DomainError):
    code = "not_used_there"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(left)s pieces of this part were used for job %(number)s at this visit and are not on the bill yet; "
        "%(wanted)s wanted. Say which parts you used first."
    )


class UnknownCharge(DomainError):
    code = "unknown_charge"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no such charge on this visit any more. Load the report again.")


class CorrectionWithoutReason(DomainError):
    code = "correction_without_reason"
    sentence = N_("Say why the times are corrected: it stands in the history of the job.")


class TimesOutOfOrder(DomainError):
    code = "times_out_of_order"
    sentence = N_(
        "The times must lie on the day of the visit or in the night after it, in order: after you set off "
        "(%(set_off_at)s) and not after now (%(now)s). Correct them."
    )
