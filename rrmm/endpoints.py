"""The endpoints, one entry each. A new endpoint is one entry in :data:`ENDPOINTS`.

Event convention everywhere: 1 = event, 0 = censored. Times are days from the start of the endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """A time-to-event endpoint.

    time, event: canonical columns that hold it.
    population: flag column that limits it to some patients, or "" for all.
    start, ends_with, censored: the definition, as the methods page prints it.
    needs: what a file must hold for it, in a user's words.
    """

    key: str
    label: str
    long_label: str
    time: str
    event: str
    population: str
    start: str
    ends_with: str
    censored: str
    needs: str

    @property
    def axis(self) -> str:
        """Title of the curve's vertical axis."""
        return self.long_label + " probability" if self.key != "dor" else "Probability of ongoing response"


ENDPOINTS: dict[str, Endpoint] = {
    entry.key: entry
    for entry in (
        Endpoint("pfs", "PFS", "Progression-free survival", "pfs_days", "pfs_event", "",
                 "start of treatment", "progression or death from any cause", "last contact",
                 "start of treatment, date of progression, date of death and last contact "
                 "(or PFS in days or months and whether it is an event)"),
        Endpoint("os", "OS", "Overall survival", "os_days", "os_event", "",
                 "start of treatment", "death from any cause", "last contact",
                 "start of treatment, date of death and last contact "
                 "(or OS in days or months and whether the patient died)"),
        Endpoint("dor", "DOR", "Duration of response", "dor_days", "dor_event", "responder",
                 "first response (PR or better)", "progression or death from any cause", "last contact",
                 "best response, date of first response and what PFS needs, for responders only "
                 "(or DOR in days or months and whether it is an event)"),
    )
}
