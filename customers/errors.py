"""Refusals about customers, their devices, contracts and service hours."""

from core.errors import N_, DomainError, Kind


class HoursNotUnderstood(DomainError):
    """Weekly hours that make no sense; ``field`` says where, as in ``mon[0]``."""

    code = "hours_not_understood"
    sentence = N_(
        "%(field)s: expected weekly hours like {'mon': [['08:00', '12:00'], ['14:00', '18:00']]}, got %(got)s."
    )


class UnknownWeekday(HoursNotUnderstood):
    code = "unknown_weekday"
    sentence = N_("%(field)s: expected one of mon, tue, wed, thu, fri, sat, sun.")


class TimeOfDayNotUnderstood(HoursNotUnderstood):
    code = "time_of_day_not_understood"
    sentence = N_("%(field)s: expected a time like 08:00, from 00:00 to 24:00, got %(got)s.")


class ClosingNotAfterOpening(HoursNotUnderstood):
    code = "closing_not_after_opening"
    sentence = N_("%(field)s: expected opening before closing, got %(got)s.")


class HoursOverlap(HoursNotUnderstood):
    code = "hours_overlap"
    sentence = N_("%(field)s: expected hours that begin after the ones before them end, got %(got)s.")


class UnknownZone(DomainError):
    code = "unknown_zone"
    sentence = N_("There is no time zone %(zone)s. Use a name like Europe/Lisbon or Asia/Shanghai.")


class UnknownHolidayCountry(DomainError):
    code = "unknown_holiday_country"
    sentence = N_("Public holidays of %(country)s are not known. Use a two-letter country code like PT or CN, or none.")


class NotEnoughServiceHours(DomainError):
    """Raised instead of searching for a due time for ever."""

    code = "not_enough_service_hours"
    sentence = N_(
        "The service hours do not hold %(seconds)s seconds within ten years of %(start)s. "
        "Check the service hours and the targets of the contract."
    )


class NoServiceTarget(DomainError):
    code = "no_service_target"
    sentence = N_(
        "Contract %(contract)s has no target for priority %(priority)s. "
        "Choose one of %(known)s, or add the target to the contract."
    )


class NoServiceTargetAtAll(NoServiceTarget):
    sentence = N_("Contract %(contract)s has no targets, so nothing can be due. Add a target for %(priority)s first.")


class UnknownDevice(DomainError):
    code = "unknown_device"
    kind = Kind.NOT_FOUND
    sentence = N_("No device has the serial number %(serial)s. Check the label on the device, or add the device first.")


class DeviceMistyped(UnknownDevice):
    sentence = N_("No device has the serial number %(serial)s. Was one of these meant: %(alike)s?")


class UnknownSite(DomainError):
    code = "unknown_site"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no site %(site)s. Check the code, or add the site first.")


class UnknownContract(DomainError):
    code = "unknown_contract"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no contract %(contract)s. Check the code, or add the contract first.")
