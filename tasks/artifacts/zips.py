"""Several members as one ZIP, the same bytes every time: stored uncompressed, in the given order, with fixed dates.

In go names and bytes, out come the bytes of the archive.
"""

import io
import zipfile
from collections.abc import Mapping

from tasks.artifacts.archive import EPOCH


def packed(members: Mapping[str, bytes]) -> bytes:
    """The archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # the same on every operating system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
