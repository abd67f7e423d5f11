"""What is said of a reason that speaks for somebody though nothing of what it usually names is there: a measure beside
the one that the sentence tells of gave the points. Each must be true whatever that was (features.py)."""

UNNAMED: dict[str, dict[str, tuple[str, str]]] = {  # per language and code: of the other; of the reader
    "de": {
        "gives_what_you_seek": (
            "Hat schon gezeigt, etwas von dem zu verstehen, was Sie suchen",
            "Sie haben schon gezeigt, etwas von dem zu verstehen, was die andere Seite sucht",
        ),
        "speaks_of_what_you_seek": (
            "Hat schon bei Anliegen geholfen, die in ähnlichen Worten beschrieben waren",
            "Sie haben schon bei Anliegen geholfen, die in ähnlichen Worten beschrieben waren",
        ),
        "seeks_what_you_give": (
            "Könnte etwas suchen, womit Sie sich auskennen",
            "Sie suchen womöglich etwas, womit sich die andere Seite auskennt",
        ),
        "speaks_of_what_you_give": (
            "Könnte etwas beschreiben, das zu Ihrem Können passt",
            "Sie beschreiben womöglich etwas, womit sich die andere Seite auskennt",
        ),
        "gives_what_goes_with_it": (
            "Könnte sich mit Verwandtem auskennen",
            "Sie kennen sich womöglich mit Verwandtem aus",
        ),
        "answered_the_like": (
            "Könnte auch bei ähnlichen Anliegen helfen",
            "Sie könnten auch bei ähnlichen Anliegen helfen",
        ),
        "helps_well": (
            "Hat sich schon Zeit für andere genommen",
            "Sie haben sich schon Zeit für andere genommen",
        ),
        "active": ("War zuletzt vor {days} Tagen da", "Sie waren zuletzt vor {days} Tagen da"),
        "answers_introductions": (
            "Nimmt eine Vorstellung meist an, wenn eine Antwort kommt",
            "Sie nehmen eine Vorstellung meist an, wenn Sie antworten",
        ),
        "same_profession": ("Sie haben denselben Beruf", "Sie haben denselben Beruf"),
    },
    "en": {
        "gives_what_you_seek": (
            "Has shown some knowledge of what you are looking for",
            "You have shown some knowledge of what they are looking for",
        ),
        "speaks_of_what_you_seek": (
            "Has answered needs that were put in words like yours",
            "You have answered needs that were put in words like theirs",
        ),
        "seeks_what_you_give": (
            "May be looking for something that you know about",
            "You may be looking for something that they know about",
        ),
        "speaks_of_what_you_give": (
            "May be describing something close to what you do",
            "You may be describing something close to what they do",
        ),
        "gives_what_goes_with_it": (
            "May know about something close to it",
            "You may know about something close to it",
        ),
        "answered_the_like": (
            "Could help with similar questions, too",
            "You could help with similar questions, too",
        ),
        "helps_well": (
            "Has taken time for others before",
            "You have taken time for others before",
        ),
        "active": ("Was last seen {days} days ago", "You were last seen {days} days ago"),
        "answers_introductions": (
            "Mostly accepts an introduction when answering it",
            "You mostly accept an introduction when you answer it",
        ),
        "same_profession": ("You share a profession", "You share a profession"),
    },
}
