"""The smallest parts of a report: a paragraph, a list, a share in percent."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

Part = tuple[str, object]


def paragraph(text: str) -> Part:
    """A paragraph."""
    return "paragraph", text


def bullets(*items: str) -> Part:
    """A list."""
    return "list", items


def percent(value: float) -> str:
    """A share in percent, with a digit where it is near an end."""
    if not pd.notna(value):
        return "none"
    share = 100.0 * float(value)
    return f"{share:.1f}%" if share < 10.0 or share > 90.0 else f"{share:.0f}%"


def bracketed(row: Mapping[str, Any], name: str) -> str:
    """A share with its interval, from columns NAME, NAME_low and NAME_high."""
    return f"{percent(row[name])} [{percent(row[f'{name}_low'])}, {percent(row[f'{name}_high'])}]"
