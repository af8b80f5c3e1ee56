"""What many recorded runs say together: comparable tables, histories, fronts.

In: frames of `tasks/tracking/records.py`."""
