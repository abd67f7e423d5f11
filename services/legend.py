"""The page docs/FEATURES.md: what `weft explain` counts, written off the features."""

from collections.abc import Iterator

from matcher.features import CODES, FEATURES, More
from matcher.wording import LONGEST_DAYS

_INTRODUCTION = f"""\
# The features

This page is generated from `matcher/features.py` (`make features`). A feature is one whole number that is measured of
somebody for a member who looks for something; what it is worth in points stands in the card in force, and
`weft explain` shows both. The points of all features of one reason add up to that reason's, and the reasons to the
points of the one suggested. 100 points make somebody e times as likely (a point is a hundredth of a nat).

"They" are whoever is suggested, "you" are the member to whom they are. "Evidence" is what somebody said, showed or was
endorsed for, and fades: after its half-life it counts half. Days are counted up to {LONGEST_DAYS}, which stands for
never. What more of a feature may be worth, whatever a network's outcomes teach, stands in the last column.
"""
_MORE = {More.BETTER: "never fewer points", More.WORSE: "never more points", More.EITHER: "either"}
_HEAD = ("| feature | of the reason | what is measured | unit | more of it is worth |", "|---|---|---|---|---|")


def page() -> str:
    """All features in Markdown, reason by reason."""
    return "\n".join([_INTRODUCTION, *_HEAD, *_rows()])


def _rows() -> Iterator[str]:
    for code in CODES:
        for feature in FEATURES:
            if feature.code == code:
                yield f"| `{feature.name}` | `{code}` | {feature.about} | {feature.unit} | {_MORE[feature.more]} |"


if __name__ == "__main__":
    print(page())
