"""The page of a study: what was predicted from what, how well, how sure that is, and by which displays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.judge.page_values import decimals, figure_at, list_at, number_at, part
from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Mark, Series, dot_plot
from dfe.pages.html import count, data_uri, page, seconds, text
from dfe.pages.svg import Look

_STYLES = ("page.css", "evaluation.css", "study.css")
_SCRIPTS = ("study.js",)
METRICS = {
    "weighted_f1": ("weighted F1", "F1 of each class, weighted by its examples"),
    "macro_f1": ("macro F1", "F1 of each class, all classes alike"),
    "f1": ("F1", "F1 of the positive class; its floor is to call everything positive"),
    "balanced_accuracy": ("balanced accuracy", "share found of each class, all classes alike"),
    "accuracy": ("accuracy", "share told rightly"),
    "auc": ("AUC", "area under the ROC curve within folds, averaged over them"),
    "ccc": ("CCC", "concordance of label and prediction, pooled over folds; 0 for any constant"),
    "one_minus_mae": ("1 − MAE", "one minus the mean absolute error, in units of the label"),
    "mae": ("MAE", "mean absolute error, in units of the label; less is better"),
    "rmse": ("RMSE", "root mean squared error; less is better"),
}
_USE = (
    "For research only. This is no medical device and no diagnosis, and it says nothing about any one person: scores "
    "are averages over people. Tokens describe visible movements of a face, not what somebody feels. Not for inferring "
    "emotions at work or in education (EU AI Act, Article 5(1)(f)). Tables, landmarks and tokens of a person are "
    "personal data."
)
_LIMITS = (
    "Intervals are conditional on the fitted models: they say how scores vary over people, not over training sets.",
    "Labels are those of the data set: ratings and self-reports, not what somebody feels, nor a diagnosis.",
    "The AU proxy is made of the same coefficients as the tokens. It is no FACS coder, and beating it says nothing "
    "about one.",
    "A large weight means that the model goes by a display here, not that the display causes or expresses the label; "
    "displays that go together share their weight.",
    "Scores of other populations, cameras and tasks may be lower: nothing here was tested on another data set.",
)
_ROLES = {"representation": "", "nuisance": "no expression", "floor": "floor"}


def study_page(result: Mapping[str, Any], pictures: Mapping[int, bytes]) -> str:
    """One self-contained HTML file about the figures of a study; of groups only, never of one person.

    Args:
        result: content of ``scores.json``.
        pictures: PNG of displays by number.
    """
    targets = list_at(result, "targets")
    body = [_header(result, targets)]
    body += [_target(target, i, pictures, result) for i, target in enumerate(targets)]
    body += [_settings(result), _limits(), _checklist(result)]
    content = "\n".join(body)
    title = f"Study of {part(result, 'about', 'task')}"
    return page(title, f"<main>\n{content}\n</main>", styles=_STYLES, scripts=_SCRIPTS)


def _header(result: Mapping[str, Any], targets: Sequence[Any]) -> str:
    warnings = "".join(f"<li>{text(warning)}</li>" for warning in list_at(result, "about", "warnings"))
    links = "".join(f'<li><a href="#target-{i}">{text(t["name"])}</a></li>' for i, t in enumerate(targets))
    links += '<li><a href="#settings">Settings</a></li><li><a href="#limits">Limits</a></li>'
    links += '<li><a href="#checklist">Checklist</a></li>'
    leads = "".join(f"<li>{_lead(target)}</li>" for target in targets)
    return f"""<header>
<p class="kind">Study</p>
<h1>{text(part(result, "about", "task"))}: what faces tell of {text(", ".join(t["name"] for t in targets))}</h1>
<ul class="leads">{leads}</ul>
<p class="note use">{text(_USE)}</p>
{f'<ul class="warnings">{warnings}</ul>' if warnings else ""}
<nav aria-label="Parts of this page"><ul class="jump">{links}</ul></nav>
</header>"""


def _lead(target: Mapping[str, Any]) -> str:
    metric = target["metric"]
    rows = {row["id"]: row for row in target["rows"]}
    primary = next((one for one in target["contrasts"] if one["primary"]), None)
    ids = [primary["a"], primary["b"]] if primary else [r["id"] for r in target["rows"] if r["role"] != "floor"][:1]
    said = ", ".join(f"{text(id)} {_shown(metric, rows[id]['scores'][metric])}" for id in ids)
    floors = [row for row in target["rows"] if row["role"] != "representation"]
    bare = max if metric not in ("mae", "rmse") else min
    known = [(value, row["id"]) for row in floors if (value := number_at(row, "scores", metric, "value")) is not None]
    best = bare(known) if known else None
    floor = f"; without any expression at best {_plain(metric, best[0])} ({text(best[1])})" if best else ""
    test = f". {_difference(primary)}" if primary else ""
    return f"<b>{text(target['name'])}</b>, {_name(metric)}: {said}{floor}{test}"


def _difference(one: Mapping[str, Any]) -> str:
    value, low, high = (number_at(one, key) for key in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "The difference cannot be tested with so few people."
    sure = "more" if low > 0 else "less" if high < 0 else None
    verdict = f"the {text(one['a'])} tells {sure}" if sure else "no difference is shown"
    return f"Difference {_signed(value)} ({_signed(low)} to {_signed(high)}), p {_p(one['p'])}: {verdict}."


def _target(target: Mapping[str, Any], i: int, pictures: Mapping[int, bytes], result: Mapping[str, Any]) -> str:
    id = f"target-{i}"
    return f"""<section id="{id}" aria-labelledby="{id}-title">
<h2 id="{id}-title">{text(target["name"])}</h2>
<p class="note">{_of_whom(target)}</p>
<div class="study-top">{_chart(target, i)}{_flow(target)}</div>
<h3>Scores</h3>
{_scores(target)}
<h3>Contrasts</h3>
{_contrasts(target)}
<h3>Displays that the model of the tokens goes by</h3>
{_displays(target, pictures, result)}
</section>"""


def _of_whom(target: Mapping[str, Any]) -> str:
    said = [
        f"{count(target['examples'], 'example')} of {count(target['people'], 'person', 'people')}; "
        f"{text(target['scheme'])}"
    ]
    if target["counts"]:
        pairs = zip(target["classes"], target["counts"], strict=True)
        said.append("labels: " + ", ".join(f"{text(name)} {n:,}" for name, n in pairs))
    elif target["mean"] is not None:
        said.append(f"mean label {target['mean']:.3g}, standard deviation {target['sd']:.3g}")
    if target["scheme"] == "official split":
        said.append(f"trained on {target['trained']:,}, tested on {target['tested']:,}")
    whose = "the person's" if target["level"] == "subject" else "a recording's"
    said.append(f"the label is {whose}; labels exchanged for the permutation test: {text(target['permuted'])}")
    return "; ".join(said) + "."


def _chart(target: Mapping[str, Any], i: int) -> str:
    metric = target["metric"]
    figures = [(row, figure_at(row, "scores", metric)) for row in target["rows"]]
    shown = [(row, figure) for row, figure in figures if figure is not None]
    if not shown:
        return ""
    ends = [end for _, f in shown for end in (f.value, *(f.interval or ()))]
    series, place = [], 0
    for row, figure in shown:
        floor = row["role"] != "representation"
        look = Look(-1 if floor else place, "square" if floor else "circle", strong=False)
        place += not floor
        series.append(Series(row["id"], (Dot(figure.value, 0.0, None, figure.interval),), look))
    bare = [f.value for row, f in shown if row["role"] == "nuisance"]
    marks = [Mark(bare[0], "without any expression")] if bare else []
    words = "; ".join(f"{row['id']} {figure.value:.3g}" for row, figure in shown)
    name = METRICS[metric][0]
    frame = Frame(f"scores-{i}", f"{target['name']}: {name}", f"{name} of each representation: {words}.", 640)
    chart = dot_plot(frame, series, Axis.over(name, ends), marks)
    return f'<figure tabindex="0">{chart}</figure>'


def _flow(target: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{text(step["what"])}</th><td class="n">{step["examples"]:,}</td>'
        f'<td class="n">{step["people"]:,}</td></tr>'
        for step in target["flow"]
    )
    return f"""<table class="flow"><caption>Flow of examples</caption>
<thead><tr><th></th><th class="n">examples</th><th class="n">people</th></tr></thead><tbody>{rows}</tbody></table>"""


def _scores(target: Mapping[str, Any]) -> str:
    metrics: Sequence[str] = target["metrics"]
    heads = "".join(
        f'<th class="n{" main" if i == 0 else ""}" title="{text(METRICS[m][1])}">{_name(m)}</th>'
        for i, m in enumerate(metrics)
    )
    rows = "".join(_score_row(row, metrics) for row in target["rows"])
    about = "; ".join(f"{METRICS[m][0]}: {METRICS[m][1]}" for m in metrics)
    tested = next((found for row in target["rows"] if (found := row.get("permutation"))), None)
    drawn = (
        f" p: share of {tested['permutations']:,} permutations, the whole pipeline fitted anew in each, that score as "
        "high as the true labels do on the first repeat, (b + 1) / (B + 1)."
        if tested
        else ""
    )
    return f"""<div class="scroll"><table class="study"><thead><tr><th>representation</th><th class="n">features</th>
{heads}<th class="n">permutation p</th><th class="n">cost</th></tr></thead><tbody>{rows}</tbody></table></div>
<p class="note">Small print: 95% intervals from drawing people anew, conditional on the fitted models. {text(about)}.
{text(drawn)} Cost: CPU time to make the features, and for all fits. Examples without a usable face get the
most frequent class or the mean; their number stands below a representation's name.</p>"""


def _score_row(row: Mapping[str, Any], metrics: Sequence[str]) -> str:
    role = _ROLES[row["role"]]
    below = [role] if role else []
    if row.get("without"):
        below.append(f"{row['without']:,} without a usable face")
    small = f"<small>{text('; '.join(below))}</small>" if below else ""
    cells = "".join(
        f'<td class="n{" main" if i == 0 else ""}">{_shown(m, row["scores"][m])}</td>' for i, m in enumerate(metrics)
    )
    p = number_at(row, "permutation", "p")
    features = f"{row['features']:,}" if "features" in row else "–"
    cost = "–"
    if "fit_s" in row:
        cost = f"{seconds(row['features_s'])}<small>fits {seconds(row['fit_s'])}</small>"
    return (
        f'<tr class="{row["role"]}"><th scope="row">{text(row["id"])}{small}</th><td class="n">{features}</td>{cells}'
        f'<td class="n">{"–" if p is None else _p(p)}</td><td class="n">{cost}</td></tr>'
    )


def _contrasts(target: Mapping[str, Any]) -> str:
    if not target["contrasts"]:
        return '<p class="note">The first side of the primary contrast was not among the representations.</p>'
    rows = []
    for one in target["contrasts"]:
        value, low, high = (number_at(one, key) for key in ("value", "low", "high"))
        interval = "–" if low is None or high is None else f"{_signed(low)} to {_signed(high)}"
        adjusted = "primary: not adjusted" if one["primary"] else _p(one["p_holm"])
        kind = "primary" if one["primary"] else "other"
        rows.append(
            f'<tr class="{kind}"><th scope="row">{text(one["a"])} − {text(one["b"])}</th>'
            f'<td class="n">{"–" if value is None else _signed(value)}</td><td class="n">{interval}</td>'
            f'<td class="n">{_p(one["p"])}</td><td class="n">{adjusted}</td></tr>'
        )
    first = target["contrasts"][0]
    turned = " Above 0: the first has the smaller error." if first["metric"] in ("mae", "rmse") else ""
    within = (
        " Each difference is that within a fold, so it need not equal that of the scores above."
        if first["method"].startswith("Nadeau")
        else ""
    )
    return f"""<div class="scroll"><table class="study"><thead><tr><th>difference in {_name(first["metric"])}</th>
<th class="n">mean</th><th class="n">95% interval</th><th class="n">p</th><th class="n">p, Holm</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table></div>
<p class="note">{text(first["method"])}.{turned}{within} Holm's correction is over all contrasts but the
primary one.</p>"""


def _displays(target: Mapping[str, Any], pictures: Mapping[int, bytes], result: Mapping[str, Any]) -> str:
    groups = target["displays"]
    if not groups:
        return (
            '<p class="note">None keeps the sign of its weight over the folds, or no bag of tokens was among them.</p>'
        )
    heat = number_at(result, "about", "heat_max_mm")
    colours = f" Darkest red: the skin moves by {heat:g} mm or more." if heat else ""
    parts = []
    for group in groups:
        cards = "".join(_card(one, pictures) for one in group["displays"])
        parts.append(f'<h4>Speaks for <b>{text(group["towards"])}</b></h4><ul class="displays">{cards}</ul>')
    return f"""<p class="note">Displays whose weight has the same sign in at least nine of ten folds, the largest first.
Weight: per standard deviation of the feature. r: how the display goes with what the model says, over the training
examples; where it has the other sign, the display corrects for others and is no sign of the label by itself.{colours}
</p>
{"".join(parts)}"""


def _card(one: Mapping[str, Any], pictures: Mapping[int, bytes]) -> str:
    png = pictures.get(one["display"])
    alt = f"Display {one['display']}: {one['words']}"
    drawn = f'<img src="{data_uri(png)}" width="120" height="120" alt="{text(alt)}">' if png else ""
    extra = one["feature"].split(maxsplit=1)[1:]
    step = f" <span>{text(extra[0])}</span>" if extra else ""
    return f"""<li>{drawn}<p><b>{one["display"]}</b>{step} {text(one["words"])}</p>
<p class="quiet">weight&nbsp;{_signed(one["weight"])}<br>r&nbsp;{_signed(one["pattern"])}</p></li>"""


def _settings(result: Mapping[str, Any]) -> str:
    about = result["about"]
    config = about["config"]
    tokenizer = about.get("tokenizer") or {}
    facts = {
        "Cross-validation": f"{config['folds']} folds of people, {config['repeats']} times; inner folds: "
        f"{config['inner_folds']}; not used where there is an official split",
        "Model": "L2-penalised logistic regression or ridge, on columns scaled within each training part; the penalty "
        "with the least loss over the inner folds",
        "Primary contrast": " − ".join(config["primary"]),
        "Least coverage": f"{config['min_coverage']:.0%} of the time with a usable face",
        "Tokenizer": f"{tokenizer.get('id', '–')}, {str(tokenizer.get('hash', ''))[:16]}",
        "Labels": f"SHA-256 {about.get('examples_sha256', '')[:16]}",
        "Seed": str(config["seed"]),
        "Versions": ", ".join(f"{name} {v}" for name, v in (about.get("versions") or {}).items()),
    }
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in facts.items())
    return f"""<section id="settings" aria-labelledby="settings-title"><h2 id="settings-title">Settings</h2>
<dl class="facts">{rows}</dl></section>"""


def _limits() -> str:
    items = "".join(f"<li>{text(limit)}</li>" for limit in _LIMITS)
    return f"""<section id="limits" aria-labelledby="limits-title">
<h2 id="limits-title">What these figures do not say</h2>
<ul class="limits">{items}</ul></section>"""


def _checklist(result: Mapping[str, Any]) -> str:
    items = list_at(result, "checklist")
    rows = "".join(
        f'<tr><td>{text(item["number"])}</td><th scope="row">{text(item["topic"])}</th>'
        f'<td><span class="state {"usable" if item["status"] == "reported here" else "not-usable"}">'
        f"{text(item['status'])}</span></td><td>{text(item['said'])}</td></tr>"
        for item in items
    )
    done = sum(item["status"] == "reported here" for item in items)
    return f"""<section id="checklist" aria-labelledby="checklist-title">
<h2 id="checklist-title">Checklist (TRIPOD+AI)</h2>
<p class="note">{done} of {len(items)} items are reported here; the others only the authors can fill.</p>
<details><summary>All items</summary><div class="scroll"><table class="checklist"><thead><tr><th></th><th>item</th>
<th>status</th><th></th></tr></thead><tbody>{rows}</tbody></table></div></details></section>"""


def _name(metric: str) -> str:
    return text(METRICS[metric][0])


def _plain(metric: str, value: float) -> str:
    return decimals(2 if metric in ("mae", "rmse") else 3)(value)


def _shown(metric: str, scores: Any) -> str:
    figure = figure_at(scores)
    if figure is None:
        return "–"
    words = text(_plain(metric, figure.value))
    if figure.interval is None:
        return words
    low, high = (text(_plain(metric, end)) for end in figure.interval)
    return f"{words}<small>{low} to {high}</small>"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _p(value: Any) -> str:
    if not isinstance(value, int | float):
        return "–"
    return "&lt; 0.001" if value < 0.001 else f"{value:.3f}"
