"""The texts that `manuals` is cut from: what packages say of themselves in their wheels, pinned by their bytes.

All may be redistributed and changed (MIT, BSD, Apache); NOTICE names them.
"""

import hashlib
from importlib.metadata import distributions

from tasks.errors import ArtifactMismatch, Refused

# package: SHA-256 of its description
MANUALS = {
    "diskcache": "c02d56a9c0dd90d1df18c84fb30a3dcb586e432e275e900f3b5a7565e1c2fdc9",
    "fonttools": "a471231b1ee36a46c166633526320060982edaf44b77587cc99e974a96d72003",
    "prettytable": "8cf3d59fb2014a3a5d1ff002d9ed23f8382d246e4e8a6b550b9c6e0df87ca5fd",
    "psutil": "df8467a705a176821c6efde6be58f0881a02fea18ed2172e40af897e875bd327",
    "pytest-timeout": "e6012bf83a068d5b35addcef201597fa9f24e1e599767c3753c887747cd619e0",
    "python-dotenv": "5abfa34b50e77df4ea886d43147c0a14aa5b13b8f092673d8a6ea46346bab9e8",
    "pytz": "3558d85d4c07e63e5452de7019ef4b5a7d3d4aa51bfc8e146327b666c675a68c",
    "regex": "b780dee5e02c50dc3563d730c61a526b433018c2b560bb588f3951163b19b4e7",
    "rich": "d723d269624f25f6f2b2d1f5e619ca681d663d4e867d3c3fd95f6205e6c09db7",
    "threadpoolctl": "65d5a3396310157de1ad4c9250905c8711cea5c484cbe629f7a9f7206683bbc9",
    "tifffile": "64d6a11a58f7b0cf2513ed7ae7daa295acc4e97dd07e6efc394ff47f90e8de07",
    "voluptuous": "9b07ea335bdede9f9a117ffb45d7f9370544d4cc81e2a1321b74b0b5bf47ac5b",
}


def manual(package: str) -> bytes:
    """Its text. Raises Refused without the package, ArtifactMismatch when its bytes are others.

    A package may be there twice: Ray brings a psutil of its own. The file is read as it is: importlib_metadata, once
    imported by anyone, finds packages in the standard library's stead and alters their descriptions.
    """
    there = list(distributions(name=package))
    if not there:
        raise Refused(f"The manual of {package} lies in its package, which is not installed. Run: make setup")
    for found in there:
        text = (found.read_text("METADATA") or "").partition("\n\n")[2].encode()
        if hashlib.sha256(text).hexdigest() == MANUALS[package]:
            return text
    raise ArtifactMismatch(
        f"What {package} {there[0].version} says of itself is not what manuals was cut from (SHA-256 "
        f"{MANUALS[package]}). Install the versions of requirements.lock."
    )
