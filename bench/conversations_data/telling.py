"""A call as text: who says what, from what it is to say (words.Said)."""

from __future__ import annotations

import datetime
from random import Random

from .words import ASIDES, OTHER_DATES, Chatter, Said, TOPICS, spoken_date, spoken_guests, spoken_time

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ"
MAIN = {
    "book": ["I would like to book a table{when}.", "Do you have anything{when}?", "Could we reserve{when}, please?"],
    "ask": ["I have a reservation{when} and wanted to ask about {topic}.", "We are booked{when}, and I have a question about {topic}.",
            "It is about our table{when}. Can you tell me about {topic}?", "I am afraid we have to cancel our reservation{when}.",
            "I need to change something for our booking{when}, it is about {topic}."],
    "during": ["We have a reservation{when} and I have a question about {topic}."],
    "after": ["We were with you{when} and I left my scarf.", "I want to say something about our visit{when}, about {topic}.",
              "We ate at your place{when}, and {topic} was a problem."],
    "general": ["I have a question about {topic}.", "Do you sell gift cards?", "Somebody called me from this number.", "What are your opening hours?",
                "Can you tell me more about {topic}?"],
}
NAMED = {
    "whole": ["this is {first} {last}.", "my name is {first} {last}.", "{first} {last} speaking.", "it is under the name of {first} {last}.",
              "I am calling for {first} {last}.", "the name is {last}, {first}."],
    "first": ["this is {first}.", "{first} here.", "it's {first} again."],
    "last": ["it is under {last}.", "the name is {last}."],
}


class Teller:
    def __init__(self, dice: Random, sentences: int) -> None:
        self.dice, self.chatter = dice, Chatter(dice, sentences)

    def date(self, said: Said, call: datetime.datetime, meal: str) -> tuple[str, Said]:
        """The words for when; and the facts, which may have become more, as "tonight" says more than a date."""
        if said.date is None:
            return "", said
        when, part = spoken_date(self.dice, call, said.date, meal)
        return " " + when, said._replace(part=part or said.part)

    def told(self, said: Said, call: datetime.datetime, meal: str, name: tuple[str, str], agent: str,
             other: str | None) -> tuple[list[tuple[bool, str]], Said, int]:
        """The turns (whether the agent speaks, the words), the facts they tell, and the topic's number."""
        dice, part = self.dice, said.part
        when, said = self.date(said, call, meal)
        number = dice.randrange(len(TOPICS))
        opening = f"Thank you for calling Harbor House, this is {agent}. How may I help you?" if dice.random() < 0.9 else "Harbor House, good day."
        greeting = "Hello, " if dice.random() < 0.7 else "Good day, "
        if said.name:
            greeting += dice.choice(NAMED[said.name]).format(first=name[0], last=name[1])
        elif other:
            greeting += f"this is {other}."
        else:
            greeting += "how are you?"
        main = dice.choice(MAIN[said.kind]).format(when=when, topic=TOPICS[number][0])
        if said.now:
            main += " We are sitting at our table right now."
        details = [f"Do you have a table{when} by any chance?"] if said.kind == "general" and when else []
        if part:
            details.append(f"It is for {part}.")
        if said.minute is not None:
            details.append(f"It is {spoken_time(dice, said.minute)}.")
        if said.guests is not None:
            details.append(spoken_guests(dice, said.guests))
        if dice.random() < 0.25:
            details.append(dice.choice(ASIDES))
        if dice.random() < 0.06:
            details.append(dice.choice(OTHER_DATES))
        if dice.random() < 0.1:
            details.append(f"The code is {''.join(dice.choices(ALPHABET, k=3))}{dice.randrange(10, 9999)}.")
        turns = [(True, opening), (False, f"{greeting} {main}"), (True, "Of course, one moment please.")]
        if details:
            turns.append((False, " ".join(details)))
        chatter = self.chatter.fill(dice.randrange(10, 110))
        for start in range(0, len(chatter), 3):
            turns.append((start % 2 == 1, " ".join(chatter[start:start + 3])))
        turns.append((True, f"Thank you, {name[0]}. Goodbye." if said.name == "first" and dice.random() < 0.3 else "Thank you for calling. Goodbye."))
        return turns, said, number

    def labels(self, agent: str) -> tuple[str, str]:
        return self.dice.choice([("Agent", "Caller"), ("Agent", "Caller"), ("Speaker 1", "Speaker 2"), (agent, "Caller")])

    def insights(self, topic: int, kind: str) -> str:
        """ai_insights as the contract has it, as JSON; no text here needs escaping."""
        about, preference, concern, request = TOPICS[topic]
        mood = self.dice.choices(["positive", "neutral", "negative", "mixed"], [45, 35, 12, 8])[0]
        score = {"positive": 0.7, "neutral": 0, "negative": -0.6, "mixed": 0.1}[mood]
        feedback = '"The food was excellent"' if kind == "after" and mood == "positive" else '"The service was slow"' if kind == "after" else ""
        return (f'{{"summary": "Called about {about}", "sentiment": {{"overall": "{mood}", "score": {score}}}, "topics": ["{about}"], "intent": "{kind}", "language": "en", '
                f'"feature_requests": [], "bug_reports": [], "pain_points": [], "action_items": [], "preferences": [{quoted(preference)}], '
                f'"concerns": [{quoted(concern)}], "requests": [{quoted(request)}], "feedback": [{feedback}]}}')


def quoted(text: str) -> str:
    return f'"{text}"' if text else ""
