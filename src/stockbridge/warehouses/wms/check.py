"""Testing a connection: what is wrong with it, and what it lacks, in plain sentences."""

from __future__ import annotations

import stockbridge.warehouses.wms.signature as signature
import stockbridge.warehouses.wms.wire as wire
from stockbridge.domain.values import Basis
from stockbridge.ports import Clock, DoorError, Health
from stockbridge.warehouses.wms.client import Client, decode
from stockbridge.warehouses.wms.settings import Settings

CLOCK_TOLERANCE_S = 60
LACKS = (
    "By its personality 'neither' this WMS cannot be asked about an order: one whose answer is lost waits for a person, and a"
    " shipment or cancellation whose event never arrives stays unknown here. Compare the open orders of both now and then."
)


def check(settings: Settings, client: Client, clock: Clock, signing_secrets: tuple[str, ...]) -> Health:
    """Asks the WMS about itself and compares it with the settings. Never raises a door's error: a failure is a finding."""
    findings = _secrets(signing_secrets)
    try:
        about = decode(client.call("GET", "/v1/about", urgent=False), wire.AboutBody, "our question about itself")
    except DoorError as error:
        return Health(ok=False, findings=(*findings, f"{error} Check the address, the API key and that the WMS is up."))
    findings += _personality(settings, about.personality)
    known = {warehouse.code for warehouse in about.warehouses}
    for code in settings.warehouses:
        if code not in known:
            findings.append(
                f"The WMS has no warehouse '{code}'; it has {', '.join(sorted(known)) or 'none'}. Correct the setting."
            )
    if about.basis not in set(Basis):
        findings.append(f"The WMS counts stock on the basis '{about.basis[:100]}', which Stockbridge does not know.")
    skew = abs((about.time - clock.now()).total_seconds())
    if skew > CLOCK_TOLERANCE_S:
        findings.append(
            f"The WMS's clock and ours differ by {skew:.0f} seconds; from 300 on its events are turned away. Set the clocks."
        )
    return Health(ok=not findings, findings=(*findings, *_remarks(settings, about.personality)))


def _secrets(signing_secrets: tuple[str, ...]) -> list[str]:
    if not signing_secrets:
        return ["There is no signing secret: the WMS's events cannot be believed and are turned away. Set 'signing_secret'."]
    if not all(signature.usable(secret) for secret in signing_secrets):
        return ["A signing secret is not usable: it must be 'whsec_' and the base64 of at least 24 bytes."]
    return []


def _remarks(settings: Settings, about: wire.AboutPersonality) -> list[str]:
    """What is not wrong, and worth knowing."""
    if settings.personality != "neither":
        return []
    more = "The WMS says that it can look orders up; if that is so, set 'personality' to 'look_up'."
    return [LACKS, more] if about.look_up else [LACKS]


def _personality(settings: Settings, about: wire.AboutPersonality) -> list[str]:
    """Claiming more than the WMS does would double orders; claiming less only costs a person's time."""
    findings = []
    if settings.personality == "unique_reference" and not about.unique_reference:
        findings.append(
            "The settings say that the WMS keeps our reference unique; it says that it does not. Change 'personality'."
        )
    if settings.personality in ("unique_reference", "look_up") and not about.look_up:
        findings.append("The settings say that the WMS can look orders up; it says that it cannot. Change 'personality'.")
    return findings
