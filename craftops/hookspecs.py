"""Every hook: one signature, one promise. Read this file first.

Five styles, told by the name. ``register_…`` returns an iterable of capabilities. A verb asks a question; the
first answer that is not None wins. ``refuse_…`` returns a sentence for a person, or None. A plural noun
contributes. A past tense announces: its return is ignored, and a failure is logged against its plugin alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from craftops.domain.billing.pricing import LineWork, Price, PriceList
from craftops.domain.files.designs import Analysis
from craftops.domain.orders.order import OrderLine
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.announcements import (
    DesignAnalysed,
    EstimateChanged,
    JobFinished,
    OrderPlaced,
    OrderStageChanged,
    PostedMessage,
)
from craftops.sdk.carrier import Carrier
from craftops.sdk.channel import IntakeChannel
from craftops.sdk.commands import OwnCommand
from craftops.sdk.identity import IdentityProvider
from craftops.sdk.invoices import InvoicePapers
from craftops.sdk.machine import MachineDriver
from craftops.sdk.notification import NotificationChannel
from craftops.sdk.pages import OwnPage
from craftops.sdk.parts import MenuLink, OrderPart, OrderShown
from craftops.sdk.payment import PaymentProvider
from craftops.sdk.reports import Report
from craftops.sdk.rules import MoveAsked, OrderAsked, UploadAsked
from craftops.sdk.schedules import Scheduled
from craftops.sdk.tables import Migration
from craftops.sdk.theme import Theme

hookspec = pluggy.HookspecMarker("craftops")


class HookSpecs:
    """The whole surface of CraftOps for plugins."""

    @hookspec
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        """Drivers that staff can pick when they add a machine."""
        raise NotImplementedError

    @hookspec
    def register_file_analyzers(self) -> Iterable[type[FileAnalyzer]]:
        """Analyzer classes; the intake asks them by format, in the order of the enabled plugins."""
        raise NotImplementedError

    @hookspec
    def register_notification_channels(self) -> Iterable[NotificationChannel]:
        """Ways to tell people something."""
        raise NotImplementedError

    @hookspec
    def register_intake_channels(self) -> Iterable[IntakeChannel]:
        """Ways for files to come in besides the browser; the worker looks at each on its interval."""
        raise NotImplementedError

    @hookspec
    def register_payment_providers(self) -> Iterable[PaymentProvider]:
        """Ways to be paid; payers are offered those that are ready."""
        raise NotImplementedError

    @hookspec
    def register_carriers(self) -> Iterable[Carrier]:
        """Ways to send parcels; the shipping desk offers those that are ready."""
        raise NotImplementedError

    @hookspec
    def register_identity_providers(self) -> Iterable[IdentityProvider]:
        """Others whose word signs people in; the sign-in page offers those that are ready."""
        raise NotImplementedError

    @hookspec
    def register_themes(self) -> Iterable[Theme]:
        """Themes that ``shop.toml`` may name."""
        raise NotImplementedError

    @hookspec
    def register_pages(self) -> Iterable[OwnPage]:
        """Pages of the plugin's own, each with the people who may open it."""
        raise NotImplementedError

    @hookspec
    def register_reports(self) -> Iterable[Report]:
        """Tables that the owner reads and takes along as CSV."""
        raise NotImplementedError

    @hookspec
    def register_commands(self) -> Iterable[OwnCommand]:
        """Commands below ``craftops x <plugin>``."""
        raise NotImplementedError

    @hookspec
    def register_migrations(self) -> Iterable[Migration]:
        """Tables of the plugin's own, in the order in which they came to be; ``self.place.tables`` reads them."""
        raise NotImplementedError

    @hookspec
    def register_schedules(self) -> Iterable[Scheduled]:
        """Work that the worker does again and again."""
        raise NotImplementedError

    @hookspec
    def portal_order_panels(self, order: OrderShown) -> Iterable[OrderPart]:
        """Cards on the page of an order that its customer opens."""
        raise NotImplementedError

    @hookspec
    def staff_order_panels(self, order: OrderShown) -> Iterable[OrderPart]:
        """Cards on the page of an order that somebody opens who works here."""
        raise NotImplementedError

    @hookspec
    def staff_menu(self) -> Iterable[MenuLink]:
        """Places in the staff's menu that lead elsewhere; asked once, at the start."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def estimate_duration(self, line: OrderLine, analysis: Analysis | None, process: str) -> float | None:
        """Seconds of machine time that one copy of ``line`` takes on a machine of ``process``, or None.

        ``process`` is a ``ProcessKind`` value. The core answers last, by ``default_duration_s``.
        """

    @hookspec(firstresult=True)
    def price_line(self, work: LineWork, prices: PriceList) -> Price | None:
        """The net price of a line, or None for the shop's own formula (``craftops.domain.billing.pricing``).

        Its ``parts`` shall add up to ``unit`` times the copies; they are what staff read as its cost breakdown.
        """

    @hookspec(firstresult=True)
    def deliver_invoice(self, invoice: InvoicePapers) -> str | None:
        """Take an issued invoice to its buyer (Peppol, their portal, a folder): where it went, for staff, or None.

        None: it is not for this plugin. What fails is tried again for three days: ``invoice.key`` may come again.
        """

    @hookspec(firstresult=True)
    def refuse_upload(self, upload: UploadAsked) -> str | None:
        """Why this file is not taken, in a sentence for whoever sends it; None: it may come."""

    @hookspec(firstresult=True)
    def refuse_order(self, order: OrderAsked) -> str | None:
        """Why this order is not taken, in a sentence for whoever places it; None: it may come."""

    @hookspec(firstresult=True)
    def refuse_stage_change(self, move: MoveAsked) -> str | None:
        """Why a person may not move this order by hand, in a sentence for them; None: they may."""

    @hookspec
    def order_placed(self, event: OrderPlaced) -> None:
        """A customer has submitted an order."""

    @hookspec
    def order_stage_changed(self, event: OrderStageChanged) -> None:
        """An order moved, by whomever: a person, a machine, a parcel."""

    @hookspec
    def design_analysed(self, event: DesignAnalysed) -> None:
        """A file has its verdict."""

    @hookspec
    def job_finished(self, event: JobFinished) -> None:
        """A job ended. Where staff say later what came of it, it is told again, with its copies."""

    @hookspec
    def estimate_changed(self, event: EstimateChanged) -> None:
        """The visible window of an order moved."""

    @hookspec
    def message_posted(self, event: PostedMessage) -> None:
        """Somebody wrote in the thread of an order."""
