"""Refusals about jobs, what they promise and what they need."""

from core.errors import N_, DomainError, Kind


class UnknownJob(DomainError):
    code = "unknown_job"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no job %(job)s. Search the queue by number, device or site.")


class UnknownFaultCode(DomainError):
    code = "unknown_fault_code"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no fault code %(fault_code)s. Use one of the catalogue: %(known)s.")


class ActionNotPossible(DomainError):
    code = "action_not_possible"
    kind = Kind.CONFLICT
    sentence = N_(
        'Job %(number)s is in status "%(status)s", so "%(action)s" is not possible. Possible now: %(possible)s.'
    )


class JobIsOver(ActionNotPossible):
    sentence = N_(
        'Job %(number)s is in status "%(status)s", which is final, so "%(action)s" is not possible. '
        "Take in a new job if there is still something to do."
    )


class JobChanged(DomainError):
    code = "job_changed"
    kind = Kind.CONFLICT
    sentence = N_("Job %(number)s was changed by %(name)s at %(at)s. Reload it and make your change again.")


class JobChangedAutomatically(JobChanged):
    sentence = N_("Job %(number)s was changed automatically at %(at)s. Reload it and make your change again.")


class ReportedInFuture(DomainError):
    code = "reported_in_future"
    sentence = N_("The report is dated %(reported_at)s, which is still to come. Give the time at which it came in.")


class ReportedTooLongAgo(DomainError):
    code = "reported_too_long_ago"
    sentence = N_("The report is dated %(reported_at)s, more than %(days)s days ago. Check the year.")


class DueTooFar(DomainError):
    code = "due_too_far"
    sentence = N_("The %(field)s %(due)s is more than %(days)s days away. Check the year.")


class DueInPast(DomainError):
    code = "due_in_past"
    sentence = N_("The %(field)s %(due)s has passed already. Give a time after %(now)s.")


class DueOutOfOrder(DomainError):
    code = "due_out_of_order"
    sentence = N_(
        "The resolution would be due at %(resolution_due)s, before the response at %(response_due)s. "
        "Give a resolution time that is not before the response."
    )


class DurationOutOfRange(DomainError):
    code = "duration_out_of_range"
    sentence = N_("A duration of %(seconds)s seconds is not possible. Give from %(least)s to %(most)s seconds.")


class DurationMissing(DomainError):
    code = "duration_missing"
    sentence = N_("Without a fault code the duration of the work is not known. Give the duration or a fault code.")


class DeviceElsewhere(DomainError):
    code = "device_elsewhere"
    sentence = N_("Device %(serial)s stands at site %(device_site)s, not at %(site)s. Choose the device's own site.")


class DescriptionTooLong(DomainError):
    code = "description_too_long"
    sentence = N_("The description has %(length)s characters. Shorten it to %(most)s.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    sentence = N_("Job %(number)s cannot be cancelled without a reason. Write why, so that others can read it later.")


class NoFittingPart(DomainError):
    code = "no_fitting_part"
    sentence = N_(
        "Fault %(fault_code)s takes a part of the family %(family)s, but no such part fits the model %(model)s. "
        "Add a part that fits, or choose another fault code."
    )


class WindowNotPossible(DomainError):
    """A promise that cannot be given; ``window`` is told in the site's time."""

    code = "window_not_possible"


class WindowTooFar(WindowNotPossible):
    code = "window_too_far"
    sentence = N_("The window from %(start)s to %(end)s is more than %(days)s days away. Check the year.")


class WindowOutOfOrder(WindowNotPossible):
    code = "window_out_of_order"
    sentence = N_("The window %(window)s ends before it starts. Give an end after the start.")


class WindowTooShort(WindowNotPossible):
    code = "window_too_short"
    sentence = N_("The window %(window)s is too short to be kept on the road. Give at least %(least)s minutes.")


class WindowInPast(WindowNotPossible):
    code = "window_in_past"
    sentence = N_("The window %(window)s began before now (%(now)s). Promise a window that is still to come.")


class WindowOutsideOpeningHours(WindowNotPossible):
    code = "window_outside_opening_hours"
    sentence = N_(
        "The window %(window)s is not within the opening hours of %(site)s on that day: %(hours)s. "
        "Choose a window within them."
    )


class WindowOnClosedDay(WindowOutsideOpeningHours):
    sentence = N_("%(site)s is closed on the day of the window %(window)s. It opens next: %(hours)s.")


class UnknownPromise(DomainError):
    code = "unknown_promise"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no promise %(promise_id)s. Load the list of promises again.")
