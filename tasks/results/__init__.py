"""What was seen: raw values with units, frozen; everything else is derived from them."""
