"""Invent readable names for synthetic data, so that a map of it can be read aloud."""

from collections.abc import Iterable

# A taste, and the words in the names of its items.
TASTES = (
    ("Space opera", "Comet Nebula Orbit Starlight Saturn Voyager Meteor Galaxy"),
    ("Nordic noir", "Fjord Midnight Frost Shadow Verdict Silent Harbour Winter"),
    ("Kitchen stories", "Saffron Butter Ginger Pepper Honey Basil Cinnamon Lemon"),
    ("Football drama", "Penalty Captain Stadium Underdog Keeper Derby Whistle Overtime"),
    ("Period romance", "Ballroom Duchess Letters Orchard Governess Carriage Velvet Waltz"),
    ("Haunted houses", "Attic Whisper Cellar Mirror Raven Candle Hollow Phantom"),
    ("Wild nature", "Glacier Savanna Otter Canyon Monsoon Falcon Reef Meadow"),
    ("Heist comedy", "Diamond Getaway Vault Decoy Bluff Casino Safecracker Alibi"),
    ("Jazz nights", "Saxophone Bluesy Smoky Swing Trumpet Encore Velour Rhythm"),
    ("Samurai tales", "Blade Lotus Ronin Crane Dragon Bamboo Shogun Katana"),
    ("Court thriller", "Jury Witness Objection Appeal Oath Gavel Motive Testimony"),
    ("Talking animals", "Badger Hedgehog Teapot Puddle Mitten Burrow Acorn Whiskers"),
    ("Desert western", "Saddle Cactus Sheriff Dust Prairie Bandit Canyonland Revolver"),
    ("Robot futures", "Circuit Android Binary Chrome Signal Replica Neon Protocol"),
    ("Sea voyages", "Anchor Lighthouse Tempest Mermaid Compass Sailor Lagoon Schooner"),
    ("Ancient empires", "Pharaoh Gladiator Oracle Temple Chariot Bronze Senator Marble"),
)
_ITEM_ENDINGS = (
    "Road Garden Letters House Song River Promise Street Dream Secret Bridge Island Summer Game Club Tower "
    "Journey Valley Return Hour Party Lesson Sky Stranger Festival"
).split()
_FIRST_NAMES = (
    "Ada Ben Chloe Dan Emma Finn Gita Hugo Iris Jack Kira Leo Mia Noah Olga Paul Quinn Rosa Sam Tara Umar "
    "Vera Will Xenia Yara Zoe Aron Bella Carl Dora Emil Fay Gus Hana Ivan Jana Kofi Lena Marc Nina"
).split()


def make_taste_names(count: int) -> tuple[str, ...]:
    """Return `count` different names of tastes."""
    return tuple(_numbered(TASTES[index % len(TASTES)][0], index // len(TASTES)) for index in range(count))


def make_item_names(main_tastes: Iterable[int]) -> tuple[str, ...]:
    """Return a different name for each item, from the words of its main taste (an index)."""
    made_of_taste: dict[int, int] = {}
    names = []
    for taste in (int(taste) % len(TASTES) for taste in main_tastes):
        count = made_of_taste.get(taste, 0)
        made_of_taste[taste] = count + 1
        words = TASTES[taste][1].split()
        # Stepping by 7 through 25 endings meets every pair of words once before any repeats.
        (cycle, index), ending_count = divmod(count, len(words)), len(_ITEM_ENDINGS)
        ending = _ITEM_ENDINGS[(7 * cycle + 3 * index + 5 * taste) % ending_count]
        names.append(_numbered(f"{words[index]} {ending}", count // (len(words) * ending_count)))
    return tuple(names)


def make_user_names(count: int) -> tuple[str, ...]:
    """Return `count` different names of people."""
    names, initials = len(_FIRST_NAMES), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    made = []
    for index in range(count):
        round_, first = divmod(index, names)
        made.append(_numbered(f"{_FIRST_NAMES[first]} {initials[round_ % 26]}.", round_ // 26))
    return tuple(made)


def _numbered(name: str, repetition: int) -> str:
    return name if repetition == 0 else f"{name} {repetition + 1}"
