"""What people say on the phone to a restaurant: names, dates in many forms, and a lot beside the point.

Everything is drawn from the `random.Random` it is given, so that a run can be repeated.
"""

from __future__ import annotations

import datetime
from random import Random
from typing import NamedTuple

FIRST = """James Mary John Patricia Robert Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen
Christopher Nancy Daniel Lisa Matthew Betty Anthony Margaret Mark Sandra Donald Ashley Steven Kimberly Paul Emily Andrew Donna Joshua Michelle Kenneth Carol
Kevin Amanda Brian Dorothy George Melissa Edward Deborah Ronald Stephanie Timothy Rebecca Jason Sharon Jeffrey Laura Ryan Cynthia Jacob Kathleen Gary Amy
Nicholas Angela Eric Shirley Jonathan Anna Stephen Brenda Larry Pamela Justin Emma Scott Nicole Brandon Helen Benjamin Samantha Samuel Katherine Gregory
Christine Frank Debra Alexander Rachel Raymond Carolyn Patrick Janet Jack Catherine Dennis Maria Jerry Heather Tyler Diane Aaron Ruth Jose Julie Adam Olivia
Nathan Joyce Henry Virginia Douglas Victoria Zachary Kelly Peter Lauren Kyle Christina Walter Joan Ethan Evelyn Jeremy Judith Harold Megan Keith Andrea
Christian Cheryl Roger Hannah Noah Jacqueline Gerald Martha Carl Gloria Terry Teresa Sean Ann Austin Sara Arthur Madison Lawrence Frances Jesse Kathryn
Dylan Janice Bryan Jean Joe Abigail Jordan Alice Billy Julia Bruce Judy Albert Sophia Willie Grace Gabriel Denise Logan Amber Alan Doris Juan Marilyn Wayne
Danielle Roy Beverly Ralph Isabella Randy Theresa Eugene Diana Vincent Natalie Russell Brittany Louis Charlotte Philip Marie April May June Will Dawn Hope""".split()
LAST = """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin
Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker
Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers
Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes
Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez
Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar
Stevens Murray Ford Castro Marshall Owens Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb Tucker Guzman Burns
Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Salazar
Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne Grant Dunn Kelley Spencer Hawkins Arnold Pierce
Hansen Peters Santos Hart Bradley Knight Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews Alvarado Ray Delgado Berry Perkins Hoffman
Johnston Matthews Pena Richards Contreras Willis Carpenter Lawrence Sandoval Guerrero George Chapman Rios Estrada Ortega Watkins Greene Nunez Wheeler Valdez
Harper Burke Larson Santiago Maldonado Morrison Franklin Carlson Austin Dominguez Carr Lawson Jacobs O'Brien Lynch Singh Vega Bishop Montgomery Oliver Jensen
March Winter Friday Monday Weeks Noon Knowles Okafor Petrov Kowalski Nakamura Haddad Lindqvist Oyelaran Szabo Vukovic Yilmaz Zhang Ivanova Dubois Moreau""".split()
AGENTS = ["Ana", "Bob", "Clara", "Derek", "Emma", "Frank", "Grace", "Henry", "Ivy", "Jack", "Kate", "Leo", "Maria", "Nina", "Oscar", "Paula", "Quinn", "Rosa", "Sam", "Tess"]

# What it is about: as the caller says it, and what is found in it.
TOPICS = [("vegetarian options", "Vegetarian options", "", "vegetarian menu"), ("parking", "", "concerned about parking", "parking directions"),
          ("a high chair", "Comes with children", "", "high chair"), ("a gluten free menu", "Gluten free", "worried about allergies", "gluten free menu"),
          ("a quiet corner", "Quiet table", "noise", ""), ("wheelchair access", "Step-free access", "", "wheelchair access"),
          ("the deposit", "", "deposit too high", "refund of the deposit"), ("a birthday cake", "", "", "birthday cake"),
          ("a table by the window", "Window table", "", "window table"), ("the wine list", "Red wine", "", ""), ("the projector", "", "equipment fails", "projector"),
          ("live music", "Live music", "", ""), ("dogs", "Brings a dog", "", "a place for the dog"), ("the dress code", "", "", "")]
HEAD = """the a to and of we you it that is for in so was with on have but they be just not do this are what me like there had okay yes no really when from my
our at would think know well people place food kitchen table room menu order wine bread garden terrace music staff waiter manager light door dog child coat bill
price question family office company team group friends guests dessert fish soup chef season street train taxi weather rain window corner""".split()
ASIDES = ["I may be a bit late though.", "One second please.", "We had to march all the way from the station.", "Could you wait a second while I find my pen?",
          "That may work for us.", "It was the second floor, I think.", "May I ask you something else?", "The sun was in our eyes the whole time.",
          "He sat right by the door.", "Give me two minutes, please.", "It cost us forty five dollars.", "We waited for 20 minutes at the bar.",
          "My order number ends in 42.", "The kids are 4 and 7.", "I will be there in a minute, honey.", "We are in room 12 upstairs."]
OTHER_DATES = ["We were there last year on March 3rd and loved it.", "My birthday is on June 2nd, by the way.", "I saw your advertisement on January 5th.",
               "We got married on the 9th of May.", "You were closed when we came on July 4th.", "The invoice was from 2/28.", "I have been a member since October 1st."]
ONES = ["zero", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth",
        "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"]
ORDINALS = ONES + ["twenty-" + ONES[n] for n in range(1, 10)] + ["thirtieth", "thirty-first"]
NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


class Said(NamedTuple):
    """What of the facts a transcript tells: the truth about it is built from this, never from the words."""
    kind: str = "general"                  # general, book, ask, during, after
    name: str | None = None                # whole, first or last
    date: datetime.date | None = None
    part: str | None = None                # lunch or dinner
    minute: int | None = None              # of the day
    guests: int | None = None
    now: bool = False                      # "we are at our table"


def suffix(day: int) -> str:
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def absolute_date(dice: Random, day: datetime.date) -> str:
    month, number = day.strftime("%B"), day.day
    return dice.choice([f"on {month} {suffix(number)}", f"on {month} {number}", f"on {month[:3]} {number}", f"on the {suffix(number)} of {month}",
                        f"on {day:%A}, {month} {suffix(number)}", f"on {day.month}/{number}", f"on {day.month}/{number}/{day.year}",
                        f"on {month} {ORDINALS[number]}", f"on the {ORDINALS[number]} of {month}"])


def spoken_date(dice: Random, call: datetime.datetime, day: datetime.date, part: str) -> tuple[str, str | None]:
    """The date as somebody says it who calls then, and the part of the day if that comes with it."""
    away = (day - call.date()).days
    weeks = (day - datetime.timedelta(day.weekday()) - call.date() + datetime.timedelta(call.weekday())).days // 7
    evening = part == "dinner"
    forms: list[tuple[str, str | None]] = []
    if call.hour >= 5:  # after midnight nobody agrees on what tomorrow is
        if away == 0:
            forms = [("today", None)] + ([("tonight", part), ("this evening", part)] if evening else [("today at lunchtime", part), ("at noon today", part)])
        elif away == 1:
            forms = [("tomorrow", None)] + ([("tomorrow evening", part), ("tomorrow night", part)] if evening else [("tomorrow at lunchtime", part)])
        elif away == -1:
            forms = [("yesterday", None)] + ([("last night", part)] if evening else [])
        elif 2 <= away <= 6:
            forms = [(f"on {day:%A}", None), (f"this {day:%A}", None), (f"in {NUMBERS[away]} days", None)]
            forms += [("the day after tomorrow", None)] if away == 2 else [(f"{day:%A} evening", part)] if evening else []
        if weeks == 1 and away >= 4:
            forms.append((f"next {day:%A}", None))
        if away == 7:
            forms.append(("a week from today", None))
        if -6 <= away <= -2:
            forms.append((f"last {day:%A}", None))
        if 3 <= away <= 24:
            forms += [(f"on the {suffix(day.day)}", None), (f"on the {ORDINALS[day.day]}", None)]
    return dice.choice(forms) if forms and dice.random() < 0.65 else (absolute_date(dice, day), None)


def spoken_time(dice: Random, minute: int) -> str:
    hour, rest = divmod(minute, 60)
    twelve = (hour - 1) % 12 + 1
    half = {0: "", 15: " fifteen", 30: " thirty", 45: " forty-five"}[rest]
    clock = f"{twelve}:{rest:02}" if rest else f"{twelve}"
    return dice.choice([f"at {clock} pm" if hour >= 12 else f"at {clock} am", f"at {hour}:{rest:02}", f"at {twelve}:{rest:02}",
                        f"at {NUMBERS[twelve]}{half}" + (" in the evening" if hour > 16 else "")])


def spoken_guests(dice: Random, guests: int) -> str:
    word = NUMBERS[guests] if guests <= 12 and dice.random() < 0.6 else str(guests)
    return dice.choice([f"It is a party of {word}.", f"There will be {word} of us.", f"For {word} people.", f"A table for {word}.", f"We have {word} guests."])


class Chatter:
    """Sentences beside the point, with words as frequent as in a language (Zipf), and many rare ones."""

    def __init__(self, dice: Random, sentences: int) -> None:
        known = {word.lower() for word in FIRST + LAST + HEAD}
        syllables = [c + v for c in "b c d f g h k l m n p r s t v z br st tr kl".split() for v in "aeiou"]
        tail: dict[str, None] = {}
        while len(tail) < 20_000:
            word = "".join(dice.choices(syllables, k=dice.choice([2, 3, 3, 4]))) + dice.choice(["", "n", "r", "x", "t"])
            if word not in known:
                tail[word] = None
        self.words = HEAD + list(tail)
        weights, total = [], 0.0
        for rank in range(len(self.words)):
            total += 1 / (rank + 3)
            weights.append(total)
        self.sentences = [(" ".join(dice.choices(self.words, cum_weights=weights, k=length)).capitalize() + ".", length)
                          for length in dice.choices(range(6, 16), k=sentences)]
        self.dice = dice

    def fill(self, words: int) -> list[str]:
        """Sentences of so many words or a few more."""
        found = []
        while words > 0:
            sentence, length = self.dice.choice(self.sentences)
            found.append(sentence)
            words -= length
        return found
