"""Refusals of the service desk: about tickets, what was tried, and estimates."""

from core.errors import N_, DomainError, Kind


class UnknownTicket(DomainError):
    code = "unknown_ticket"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no ticket %(ticket)s. Search the list by number, shop or serial number.")


class TicketChanged(DomainError):
    code = "ticket_changed"
    kind = Kind.CONFLICT
    sentence = N_("Ticket %(number)s was changed by %(name)s at %(at)s. Reload it and make your change again.")


class TicketChangedAutomatically(TicketChanged):
    sentence = N_("Ticket %(number)s was changed automatically at %(at)s. Reload it and make your change again.")


class TicketNotOpen(DomainError):
    """What was asked for is not possible in the state that the ticket is in."""

    code = "ticket_not_open"
    kind = Kind.CONFLICT
    sentence = N_('Ticket %(number)s is in state "%(ticket_state)s", so this is not possible. Reload it first.')


class TicketHandedOver(TicketNotOpen):
    sentence = N_("Ticket %(number)s was handed over as job %(job)s. Change or cancel the job instead.")


class TicketIncomplete(DomainError):
    code = "ticket_incomplete"
    sentence = N_("Ticket %(number)s lacks the %(missing)s. Fill it in first; without it nobody knows what to do.")


class TextTooLong(DomainError):
    code = "text_too_long"
    sentence = N_("The text has %(length)s characters. Shorten it to %(most)s, or attach the rest as a file.")


class FieldTooLong(DomainError):
    code = "field_too_long"
    sentence = N_("The %(field)s has %(length)s characters. Shorten it to %(most)s.")


class NothingSaid(DomainError):
    code = "nothing_said"
    sentence = N_("A report needs a device, a shop, a symptom or a text. Write at least what was said.")


class ClosingReasonMissing(DomainError):
    code = "closing_reason_missing"
    sentence = N_("Ticket %(number)s needs a reason here. Write why, so that others can read it later.")


class NoSuchModelHere(DomainError):
    code = "no_such_model_here"
    kind = Kind.NOT_FOUND
    sentence = N_("No %(model)s stands at %(site)s. There are: %(known)s.")


class SeveralOfModelHere(DomainError):
    code = "several_of_model_here"
    sentence = N_("Several %(model)s stand at %(site)s: %(serials)s. Ask for the serial number on the label.")


class DeviceNotOfSite(DomainError):
    code = "device_not_of_site"
    sentence = N_(
        "Device %(serial)s stands at site %(device_site)s, not at %(site)s. Leave the site empty, or correct it."
    )


class TooManyFiles(DomainError):
    code = "too_many_files"
    sentence = N_("Ticket %(number)s has %(most)s files already. Put several pictures into one document.")


class StepOutOfOrder(DomainError):
    """An answer to a question that is not the one to be answered now."""

    code = "step_out_of_order"
    kind = Kind.CONFLICT
    sentence = N_("This question of ticket %(number)s is not the next one any more. Reload it and go on from there.")


class StepAnswered(StepOutOfOrder):
    sentence = N_(
        "This question of ticket %(number)s was answered by %(name)s at %(at)s. Reload it and go on from there."
    )


class NothingTried(DomainError):
    code = "nothing_tried"
    kind = Kind.CONFLICT
    sentence = N_("Nothing was tried on ticket %(number)s yet, so there is no step to go back to.")


class EstimateNeeded(DomainError):
    code = "estimate_needed"
    kind = Kind.CONFLICT
    sentence = N_(
        "Ticket %(number)s is chargeable (%(charged)s). Make an estimate and have it accepted before anybody drives, "
        "or say why it is free of charge."
    )


class NothingChargeable(DomainError):
    code = "nothing_chargeable"
    kind = Kind.CONFLICT
    sentence = N_("Everything on ticket %(number)s is covered, so there is nothing to estimate. Hand it over.")


class NoPriceList(DomainError):
    code = "no_price_list"
    kind = Kind.CONFLICT
    sentence = N_(
        "Contract %(contract)s has no price list, so nothing can be estimated. "
        "Give the contract one, or say why the work is free of charge."
    )


class UnknownEstimate(DomainError):
    code = "unknown_estimate"
    kind = Kind.NOT_FOUND
    sentence = N_("Ticket %(number)s has no estimate %(estimate)s. Reload the ticket to see its estimates.")


class EstimateAnswered(DomainError):
    """An estimate that is not on offer any more."""

    code = "estimate_answered"
    kind = Kind.CONFLICT
    sentence = N_('Estimate %(estimate)s is in state "%(estimate_state)s" since %(at)s (%(name)s).')


class EstimateReplaced(EstimateAnswered):
    sentence = N_("Estimate %(estimate)s no longer holds. Reload ticket %(number)s; a newer one may be on offer.")


class EstimateExpired(EstimateAnswered):
    code = "estimate_expired"
    sentence = N_("Estimate %(estimate)s was valid until %(at)s. Make a new one with the prices of today.")


class AnswererMissing(DomainError):
    code = "answerer_missing"
    sentence = N_("Write who answered estimate %(estimate)s for the customer. It stands on the bill.")


class MailNotReadable(DomainError):
    code = "mail_not_readable"
    sentence = N_("This is no e-mail with a sender, a subject or a text. Send the message as it was received.")
