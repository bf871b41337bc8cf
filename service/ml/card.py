"""A model's card: what it is for and not for, what it learned from, how good it is. Written anew with every figure."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from service.domain.labels import KINDS, LABELS
from service.ml import artefacts, checks, traits
from service.ml.calibration import FALSE_ALARMS, FALSE_ALARMS_ON_KIND
from service.ml.curves import reliability_svg
from service.ml.evaluation import COLUMNS, Figures, area, proportion_interval, table
from service.ml.measuring import SHARE
from service.ml.training import OWN_WEIGHT

CURVES = "reliability.svg"
_DEFAULT = f"{SHARE:.0%}"

_GOOD_FOR = {
    "sarcastic": ("counting over many comments of a research blog", "deciding about one comment; other places"),
    "supportive": ("counting thanks and comfort", "clumsy or blunt kindness, which it often misses"),
    "abusive": ("putting the worst first, on any site", "deciding alone; polite contempt, which it often misses"),
    "critical": ("counting and showing", "holding anything back, which no rule may do with it"),
    "hsct_risk": ("finding talk of danger under posts on transplants", "saying whether there is danger"),
    "cost": ("finding talk of money", "money meant but not named"),
    "fmt_tangent": ("finding stool transplants under other posts", "comments whose post has no title"),
    "spam": ("advertising as blogs get it", "kinds of spam that nobody has seen yet"),
}
"""What each label's score is good for, and what it is not."""


def write(models: Path, name: str) -> None:
    """Write the card of a model from its metrics, and the picture in it."""
    metrics = artefacts.metrics(models, name)
    (models / name / CURVES).write_text(reliability_svg(_shipped(metrics)["reliability"]), encoding="utf-8")
    (models / name / artefacts.CARD).write_text(_CARD.substitute(_parts(metrics)), encoding="utf-8")


def _shipped(metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was measured of the model as it runs by default: both readers, where there are two."""
    return metrics["together"][_DEFAULT] if "together" in metrics else metrics


def _parts(metrics: Mapping[str, Any]) -> dict[str, str]:
    own, shipped = metrics["counts"]["undertone"], _shipped(metrics)
    recipe = metrics["recipe"]
    weights = [recipe["own_weight"].get(label, OWN_WEIGHT) for label in LABELS]
    return {
        "name": metrics["name"],
        "sha256": metrics["model_sha256"][:12],
        "data_sha256": metrics["data_sha256"][:12],
        "versions": ", ".join(f"{library} {version}" for library, version in metrics["versions"].items()),
        "labels": "\n".join(_label(key, metrics, own.get(f"{key} yes", 0)) for key in metrics["labels"]),
        "kinds_of_abuse": ", ".join(f"`{key}`" for key in KINDS),
        "good_for": "\n".join(f"| `{key}` | {good} | {bad} |" for key, (good, bad) in _GOOD_FOR.items()),
        "columns": f"2^{recipe['bits'] + 1}",
        "traits": str(len(traits.NAMES)),
        "own_comments": f"{own['comments']:,}",
        "own_weights": f"{min(weights):g} to {max(weights):g}",
        "threads": str(metrics["threads"]),
        "sources": "\n".join(_source(each, metrics["counts"]) for each in metrics["sources"]) or "None.",
        "encoder_data": _encoder_data(metrics),
        "own": table({"own threads": metrics["own"]}),
        "macro_f1": _with_range(metrics["macro_f1"]),
        "intervals": _intervals(metrics["own"]),
        "together": _together(metrics),
        "which": "by both readers" if "together" in metrics else "by the first reader",
        "hard_cases": _cases(shipped["hard_cases"], "kind"),
        "hard_cases_alone": _cases(metrics["hard_cases"], "kind"),
        "groups": _cases(shipped["groups"], "comments"),
        "checks": _checks(metrics),
        "pool": _pool(metrics),
        "sets": _sets(metrics),
    }


def _encoder_data(metrics: Mapping[str, Any]) -> str:
    """Say what the encoder learned from."""
    if "encoder" not in metrics:
        return "This model has no second reader."
    told = metrics["encoder"]
    learned, corpora = told["learned"] or {}, told["corpora"] or []
    ours, public = learned.get("own", 0), learned.get("pool", 0)
    missing = sorted({each["name"] for each in metrics["sources"]} ^ {*corpora})
    same = "the same corpora" if not missing else ", ".join(corpora) or "no corpus"
    return (
        f"The encoder learned from {ours:,} of our comments and {public:,} public ones\n"
        f"({same}); its recipe is in `encoder.json`."
    )


def _label(key: str, metrics: Mapping[str, Any], examples: int) -> str:
    rule = "best F1"
    if key in FALSE_ALARMS:
        rule = f"at most {FALSE_ALARMS[key]:.0f} false alarms in 1,000"
        rule += f", {FALSE_ALARMS_ON_KIND[key]:.0f} in 1,000 kind ones" if key in FALSE_ALARMS_ON_KIND else ""
    together = metrics.get("thresholds_together", metrics["thresholds"])[key]
    return f"| `{key}` | {LABELS[key].meaning} | {examples} | {together:.3f} | {rule} |"


def _source(source: Mapping[str, Any], counts: Mapping[str, Mapping[str, int]]) -> str:
    count = counts.get(source["name"], {})
    labels = ", ".join(sorted({key.partition(" ")[0] for key in count} - {"comments"}))
    confirmed = "yes" if source["licence_confirmed"] else "**no**"
    address = f"https://github.com/{source['repository']}"
    name, comments = f"[{source['name']}]({address})", count.get("comments", 0)
    return f"| {name} | {source['licence']} | {confirmed} | {comments:,} | {labels} |"


def _intervals(figures: Mapping[str, Figures], before: str = "") -> str:
    return "\n".join(
        f"| {before}{label} | " + " | ".join(_range(row, key) for key in COLUMNS) + " |"
        for label, row in figures.items()
    )


def _range(row: Figures, key: str) -> str:
    between = row["interval"][key]
    if between is None:
        return "–"
    low, high = between
    return f"{low:.0f}–{high:.0f}" if key == "false_alarms_per_1000" else f"{low:.2f}–{high:.2f}"


def _with_range(figure: Figures) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.3f} ({low:.3f}–{high:.3f})"


def _cases(rows: Mapping[str, Mapping[str, int]], head: str) -> str:
    lines = [
        f"| {head} | in all | civil, and called abusive | sarcastic, and called so | sincere, and called sarcastic |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, row in rows.items():
        shown = (("wrongly_abusive", "civil"), ("sarcastic_called", "sarcastic"), ("wrongly_sarcastic", "sincere"))
        cells = " | ".join(_share(row[count], row[of]) for count, of in shown)
        lines.append(f"| {name.replace('_', ' ')} | {row['comments']} | {cells} |")
    return "\n".join(lines)


def _share(count: int, of: int) -> str:
    """Return a count with the interval that its share lies in (Wilson, 1927)."""
    if not of:
        return "–"
    low, high = proportion_interval(count, of)
    return f"{count} of {of} ({100 * low:.0f}–{100 * high:.0f} %)"


def _together(metrics: Mapping[str, Any]) -> str:
    """Say what the second reader adds, at each share of comments that it reads."""
    if "together" not in metrics:
        return "This model has no second reader."
    rows = metrics["together"]
    head = "| share asked for | read | macro-F1 | " + " | ".join(f"{label} AUC" for label in LABELS) + " |"
    lines = [head, "| ---: | ---: | ---: |" + " ---: |" * len(LABELS)]
    for share, row in rows.items():
        areas = " | ".join(area(row["figures"][label]["auc"]) for label in LABELS)
        lines.append(f"| {share} | {row['read']:.1%} | {_with_range(row['macro_f1'])} | {areas} |")
    parts = ["\n".join(lines)]
    for title, share in (("At the default", _DEFAULT), ("With the second reader reading everything", "100%")):
        found = rows[share]["figures"]
        parts += [f"{title}:", table({"unseen threads": found}), _INTERVALS_HEAD + _intervals(found)]
    return "\n\n".join(parts)


def _pool(metrics: Mapping[str, Any]) -> str:
    if not metrics["pool"]:
        return "No public corpus was used."
    together = metrics.get("pool_together")
    both = "\n\nBy both readers, the second reading everything:\n\n" + table(together, "corpus") if together else ""
    return "By the first reader:\n\n" + table(metrics["pool"], "corpus") + both


def _checks(metrics: Mapping[str, Any]) -> str:
    results = metrics.get("checks")
    if not results:
        return "Not run yet."
    passed, cases = (sum(row[key] for row in results.values()) for key in ("passed", "cases"))
    weak = [name.replace("_", " ") for name, row in results.items() if 2 * row["passed"] < row["cases"]]
    said = f" Fewer than half: {', '.join(weak)}." if weak else ""
    return f"{passed:,} of {cases:,} cases passed.{said}\n\n" + checks.table(results)


def _sets(metrics: Mapping[str, Any]) -> str:
    if not metrics.get("sets"):
        return "Not measured yet: `python -m service evaluate NAME --sets DIR --keep` adds the table."
    silent = ", ".join(f"{count} of {name}" for name, count in metrics.get("withheld", {}).items() if count)
    return (
        "Comments of other places, which had no part in training, in the thresholds or in the choice of this model,\n"
        "though a few of them may stand in a public corpus too; `models/README.md` says what the sets are. With the\n"
        "thresholds above "
        f"(`python -m service evaluate {metrics['name']} --sets DIR`). A running service gives no scores, for their\n"
        f"language, to {silent or 'none of them'}; here they are scored all the same.\n\n"
        + table(metrics["sets"])
        + "\n\n"
        + _INTERVALS_HEAD
        + "\n".join(_intervals(rows, f"{name}: ") for name, rows in metrics["sets"].items())
    )


_INTERVALS_HEAD = """\
Between these values lie 95 of 100 redrawn sets:

| label | AUC | AP | P | R | F1 | FP/1000 | Brier | ECE |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


_CARD = Template("""\
# $name

## Intended use

This model reads a comment under a blog post about research on multiple sclerosis and says how probable each of
eight labels is, and each of five kinds of abuse. It is made to put comments into an order for the people who
moderate such a blog, to hold some of them until a person has looked, and to count tones over many comments in a
report. It reads English, together with the post's title and the comment that is answered, where these are given.

## Uses to avoid

- **Deciding alone.** Of the comments it calls abusive, some are not, and it misses many that are; the tables
  below have the shares. Nothing should be rejected or deleted by it without a person.
- **Holding criticism back.** `critical` is there to count and to show, never to hold. A comment that is harsh
  about a paper, a drug or the blog is what a blog is for.
- **Judging people.** It reads one comment. It knows nothing of the writer, and its scores must not be added up
  into a judgement of one.
- **Medical use.** `hsct_risk` says that a danger is talked about, not that there is one. Despair is not a
  label, and nobody in danger will be found with this.
- **Other places and languages.** On forums and in news comments it is worse, as the last table shows, and its
  probabilities are not calibrated there. Of a text in another language it says which, and gives no scores.
- **Sarcasm one by one.** Most single comments that it calls sarcastic under other people's articles are not.
  Use it over many, and beside a person.

## Labels

The threshold is where a label is called; the probabilities can be used with any other. It was set on our own
comments, each scored by a model that had seen none of its thread.

| label | meaning | our examples | threshold | set by |
| --- | --- | ---: | ---: | --- |
$labels

| label | good for | not good for |
| --- | --- | --- |
$good_for

The kinds of abuse ($kinds_of_abuse) have no threshold and no rule. Our examples of them are few, and they are
worse than the labels; they are there for whoever comes from an interface that has them.

## How it works

**The first reader** reads everything. Words, pairs of words and stretches of two to five letters are hashed into
$columns columns, weighed by rarity and brought to one length, so that a long comment is no different from a short one.
Disguises (look-alike letters, digits and stars for letters, letters set apart, what is invisible) are undone before.
$traits traits are added: stool transplants under a post that is not about them, hard words close to a "you",
a "not" or "called me" before them, how much of the parent's words come back, links, thanks. One logistic regression
a label (scikit-learn) gives log-odds; Platt's line, fitted on our own held-out comments, makes probabilities of them.

**The second reader** reads those of which the first is unsure, or all where a site wants that. It is a small encoder
(MiniLM-L6, 22.7 million weights, int8), fine-tuned by us for all labels at once; it starts from
sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). One line through both readers' log-odds a label, fitted on threads
that the encoder has never seen, gives the one calibrated probability.

A first reader's score is a sum over words, which is how the reasons shown to moderators come about. Where the second
tipped the scale, its reasons are found by leaving out a part at a time, and are marked so.
Made with $versions. Model $sha256, data $data_sha256.

## Data

$own_comments comments of our own, under $threads posts: written for this project, labelled by their writers and by a
second reader after one guide (MIT, in `training_data/`). They are invented, with their people, blogs and companies: no
reader of a real blog wrote them. Others on which the two readers differ are left out, of training and of the figures
below, which are the kinder for it. For the first reader each counts as much as $own_weights comments of the public
corpora:

| corpus | licence | licence confirmed | comments | labels known |
| --- | --- | --- | ---: | --- |
$sources

`training_data/README.md` says who labelled each and what is wrong with it. `--confirmed-licences-only` trains without
those whose licence is not confirmed. Copies of a comment were removed across all of them.
$encoder_data

## Evaluation

**The first reader on our own comments**, every one scored by a model, a calibration and a threshold made without its
thread (five folds). The weights of the recipe were chosen on the same folds, so these figures are a little kind
(`python -m service evaluate $name`; `python -m service train` measures them anew). Macro-F1 over the labels: $macro_f1.

$own

Between these values lie 95 of 100 sets of threads redrawn from ours:

| label | AUC | AP | P | R | F1 | FP/1000 | Brier | ECE |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
$intervals

**Both readers together**, on those of our threads that the encoder has never seen, each scored by a stack made without
it. The rows differ in how many comments, those first of which the first reader is least sure, the second was given:

$together

What the model says at its default against how often it is so; ECE in the table above is the mean distance:

![Reliability curves, a square for each label](reliability.svg)

**The pool's held-out part**, one group in ten of each corpus, never trained on (same command). How much each reader is
heard was learned on it as well:

$pool

**Elsewhere, by both.** $sets

## Functional checks

Comments written for one behaviour each, of which nothing was learned and with which nothing was chosen
(`training_data/checks/`; `python -m service evaluate $name --checks`). $checks

## Bias and caveats

- Our comments are invented, under invented posts. Real readers are stranger. The figures on our threads tell how the
  model does on more of the same, not on any blog.
- Positives are far more frequent in our comments than under a real blog. Where one comment in a hundred is
  abusive, most comments called abusive will be false alarms; judge by FP/1000.
- Words for groups of people stand in the public corpora mostly in attacks. What comes of it, on the same comments
  as the curves, $which, with the interval in which 95 % of such shares lie (Wilson, 1927):

$groups

- Some kinds of comment are hard. Of those that their writers marked as such, held out as above, $which:

$hard_cases

- The same by the first reader alone, on all our threads, each held out:

$hard_cases_alone

- Twitter, Reddit and newspaper corpora carry their raters' views of what is abusive; they differ from each
  other and from our guide. Profanity alone is not abuse in ours.
- Watch the false alarms on `distress_replies`, where the table has it: those are kind replies to people in
  distress, the last that should be held back.
- Irony that only the thread or the world reveals is often missed.
""")
