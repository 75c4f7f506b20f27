"""Workbooks behind a password."""

from __future__ import annotations

import io
import re

from rrmm.intake import hostile
from rrmm.intake.issues import Refused

MOST_SPINS = 1_000_000
"""Rounds of hashing per try; Excel uses 100,000."""


class PasswordNeeded(Refused):
    """The workbook is locked: ask for its password, and load it again with it."""

    def __init__(self, wrong: bool = False) -> None:
        super().__init__(
            "The password does not open this workbook."
            if wrong
            else "The workbook is protected by a password; please give it, or save a copy without one."
        )
        self.wrong = wrong


def _check_lock(info: bytes) -> None:
    """Refuse a lock that would take minutes to try, or whose description is an attack on its XML reader."""
    hostile.check_entities(info)
    spins = re.search(rb'spinCount\s*=\s*"(\d+)"', info)
    if spins and int(spins.group(1)[:12]) > MOST_SPINS:
        raise Refused("The workbook's protection is set up in a way that no spreadsheet program uses; it is not opened.")


def decrypt(data: bytes, password: str | None) -> bytes | None:
    """The open workbook; None when it isn't locked. Raises PasswordNeeded.

    Excel's own hidden default password ("VelvetSweatshop", for workbooks that are locked against changes
    only) is
    tried first.
    """
    import msoffcrypto
    import olefile
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    broken = (FileFormatError, ParseError, *hostile.DAMAGE)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as parts:
            if parts.exists("WordDocument"):
                raise Refused("The file is a Word document, not a table.")
            locked_package = parts.exists("EncryptedPackage")
            if locked_package and parts.exists("EncryptionInfo"):
                _check_lock(parts.openstream("EncryptionInfo").read(1_000_000))
            if not locked_package and not (parts.exists("Workbook") or parts.exists("Book")):
                raise Refused("The file is an old Office file, but no workbook.")
    except broken:
        raise Refused("The workbook is damaged and can't be opened.") from None
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        if not office.is_encrypted():
            return None
    except broken:
        # Excel 95 and older are unknown to the decoder; the reader itself will say whether it can open them.
        if locked_package:
            raise Refused("The workbook is protected in a way that can't be opened; save a copy without a password.") from None
        return None
    for attempt in dict.fromkeys(("VelvetSweatshop", password)):
        if attempt is None:
            continue
        try:
            office.load_key(password=attempt)
            plain = io.BytesIO()
            office.decrypt(plain)
            if plain.getbuffer()[:2] == b"PK" or plain.getbuffer()[:8] == data[:8]:
                return plain.getvalue()
        except (InvalidKeyError, DecryptionError):
            continue
        except broken:
            continue
    raise PasswordNeeded(wrong=password is not None)
