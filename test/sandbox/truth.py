"""What the calls, sessions and tickets really hold: every quote with the feature that it asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus import variety


def load_truth(folder: Path | None, *others: Path) -> dict[str, dict[str, Any]]:
    """quote -> {feature, type, theme, title}, over all sets of a folder of calls and lists of other documents."""
    features = {feature["key"]: feature for path in (folder.glob("truth*.json") if folder else []) for feature in json.loads(path.read_text())["features"]}
    if not features:
        return {}  # calls without a truth of their own
    documents = [json.loads(path.read_text()) for path in folder.glob("*-[0-9]*.json")]
    documents += [document for path in others for document in json.loads(path.read_text())]
    quotes = [mention for document in documents for mention in document.get("truth", [])]
    return {mention["quote"]: {"feature": mention["feature"], "type": known["type"], "theme": known["theme"], "title": _title(known, mention["quote"])}
            for mention in quotes if (known := features.get(mention["feature"]))}


def _title(feature: dict[str, Any], quote: str) -> str:
    """What a reader calls it: not the same each time."""
    titles = feature["titles"]
    return titles[variety("title", quote) % len(titles)]
