"""What is refused of defective pieces on their way back, and what to do about it."""

from core.errors import N_, DomainError, Kind


class UnknownCore(DomainError):
    code = "unknown_core"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no core %(core)s. Look it up in the list of cores.")


class NoCoreScanned(DomainError):
    code = "no_core_scanned"
    kind = Kind.NOT_FOUND
    sentence = N_("No core in a van has the number %(scanned)s. Scan a serial number, a job number or a SKU.")


class CoreNotInState(DomainError):
    code = "core_not_in_state"
    kind = Kind.CONFLICT
    sentence = N_(
        "Core %(core)s (%(sku)s from %(reference)s) is %(state)s; this needs one that is %(needed)s. "
        "Load the list again to see what comes next."
    )


class CoreNotOwed(DomainError):
    code = "core_not_owed"
    sentence = N_("%(sku)s does not have to come back. Mark it as returnable in the catalogue if it should.")


class CoreAtOtherWarehouse(DomainError):
    code = "core_at_other_warehouse"
    kind = Kind.CONFLICT
    sentence = N_("Core %(core)s (%(sku)s) is at %(place)s, not at %(expected)s. Send it there first, or leave it out.")


class UnknownRma(DomainError):
    code = "unknown_rma"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no RMA %(rma)s. Look it up in the list of returns.")


class RmaNotInState(DomainError):
    code = "rma_not_in_state"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(rma)s to %(supplier)s is %(state)s; this needs one that is %(needed)s. Open it again to see what comes next."
    )


class NoCoreNamed(DomainError):
    code = "no_core_named"
    sentence = N_("No core was named. Choose at least one.")
