"""What the calls really hold: every quote with the feature that it asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load_truth(folder: Path | None) -> dict[str, dict[str, Any]]:
    """quote -> {feature, type, theme, title}, over all sets of a folder of calls."""
    features = {feature["key"]: feature for path in (folder.glob("truth*.json") if folder else []) for feature in json.loads(path.read_text())["features"]}
    if not features:
        return {}  # calls without a truth of their own
    quotes = [mention for path in folder.glob("*-[0-9]*.json") for mention in json.loads(path.read_text()).get("truth", [])]
    return {mention["quote"]: {"feature": mention["feature"], "type": known["type"], "theme": known["theme"], "title": known["summary"]}
            for mention in quotes if (known := features.get(mention["feature"]))}
