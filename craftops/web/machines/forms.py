"""What the forms of machines send."""

from __future__ import annotations

from typing import Annotated

from craftops.domain.machines.readings import ProcessKind
from craftops.sdk.machine import CommandKind
from craftops.services.machines import connection_tests
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import Line, Number, Says, SentForm, Ticked, cut


class ButtonForm(SentForm):
    """A button of a machine, and the job that it is about."""

    kind: Annotated[CommandKind, Says(__("There is no such button."))]
    job: Annotated[str, cut(20)] = ""


class ClaimForm(SentForm):
    """Which job an unexplained run is."""

    job: Annotated[Number, Says(__("Pick a job."))]
    run: Annotated[str, cut(400)] = ""


class RunForm(SentForm):
    """An unexplained run."""

    run: str = ""


class ServiceForm(SentForm):
    """In service or out of it."""

    enabled: Ticked = False


class BedForm(SentForm):
    """How large its parts may be."""

    bed: str = ""


class NewMachineForm(SentForm):
    """A machine that is added, besides the fields of its driver."""

    name: Annotated[Line, cut(200)] = ""
    key: Annotated[Line, cut(200)] = ""
    process: Annotated[Line, cut(200)] = ""
    bed: Annotated[Line, cut(200)] = ""

    @property
    def kind(self) -> ProcessKind:
        """What it does; something else where nothing was chosen."""
        return ProcessKind(self.process) if self.process in set(ProcessKind) else ProcessKind.OTHER


class ConnectionForm(SentForm):
    """How a machine is called: by which driver, and the test that the page is about."""

    driver: str = ""
    trial: Annotated[str, cut(40)] = ""
    do: str = ""

    @property
    def is_trial(self) -> bool:
        """Whether it is to be tried, not kept."""
        return self.do in (connection_tests.TEST, connection_tests.ASK)


class FrameForm(SentForm):
    """A camera's picture that is kept as a photo."""

    frame: str = ""
    job: Annotated[str, cut(20)] = ""
    caption: str = ""


class CameraForm(SentForm):
    """Whether the customer may look."""

    share: Ticked = False


class PhotoForm(SentForm):
    """What stands below a photo."""

    caption: str = ""


class BrokerForm(SentForm):
    """How our own broker is reached, and who is told of the machines."""

    host: str = ""
    port: Line = ""
    home_assistant: Ticked = False
