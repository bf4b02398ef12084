"""One wish, and what a scripted model makes of it instead of the truth: for Sandbox.script()."""

import json
from typing import Any

WISH = "I wish we could export the reports to Excel"
WORDS = f"Ann: Hello.\nBob: {WISH}, really."


def found(**changes: Any) -> dict:
    """That a conversation holds the wish, or another one with these `changes`."""
    item = {"title": "Export reports", "description": "", "quote": WISH, "theme": "Reporting & exports", "theme_confidence": 0.9, "urgency": "high"} | changes
    return {"content": json.dumps({"feature_requests": [item], "bug_reports": [], "pain_points": []})}


def verdict(feature: str | None, confidence: float = 0.9) -> dict:
    """That an item is this feature, or none that is known."""
    return {"content": json.dumps({"reasoning": "So it is.", "is_duplicate": feature is not None, "matching_feature_id": feature, "confidence": confidence})}
