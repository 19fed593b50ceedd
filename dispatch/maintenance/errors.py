"""Refusals about maintenance plans."""

from core.errors import N_, DomainError, Kind


class UnknownMaintenancePlan(DomainError):
    code = "unknown_maintenance_plan"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no maintenance plan %(plan)s. Load the list of maintenance plans again.")


class MaintenanceCodeTaken(DomainError):
    code = "maintenance_code_taken"
    kind = Kind.CONFLICT
    sentence = N_("There is already a maintenance plan %(plan)s. Choose another code.")


class MaintenancePlanChanged(DomainError):
    code = "maintenance_plan_changed"
    kind = Kind.CONFLICT
    sentence = N_("Maintenance plan %(plan)s was changed by %(name)s at %(at)s. Reload it and make your change again.")


class MaintenanceTextNotUsable(DomainError):
    code = "maintenance_text_not_usable"
    sentence = N_("The %(field)s has 1 to %(most)s characters; this one has %(length)s.")


class MaintenanceScope(DomainError):
    code = "maintenance_scope"
    sentence = N_("%(what)s does not belong to %(owner)s. Choose one that does, or leave it out.")


class MaintenanceNumberOutOfRange(DomainError):
    code = "maintenance_number_out_of_range"
    sentence = N_("%(value)s is not possible for the %(field)s. Give from %(least)s to %(most)s.")


class ToleranceTooWide(DomainError):
    code = "tolerance_too_wide"
    sentence = N_(
        "The work recurs every %(gap)s days, so %(tolerance)s days around the due day would let two turns overlap. "
        "Give at most %(most)s."
    )


class MaintenanceOutOfOrder(DomainError):
    code = "maintenance_out_of_order"
    sentence = N_("The plan would run from %(first)s until %(last)s. Give a last day not before the first.")


class TooManyMaintenanceJobs(DomainError):
    code = "too_many_maintenance_jobs"
    sentence = N_(
        "%(devices)s devices and %(days)s days within the next %(ahead)s would make %(jobs)s jobs at once. "
        "Make them less far ahead, or narrow the plan; at most %(most)s are possible."
    )


class ContractIsOver(DomainError):
    code = "contract_is_over"
    sentence = N_("Contract %(contract)s ended on %(ends)s, before the plan begins on %(first)s.")
