"""The reporting checklist TRIPOD+AI (Collins et al., BMJ 2024;385:e078378), as far as software can fill it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Status = Literal["reported here", "for the author"]
HERE: Status = "reported here"
AUTHOR: Status = "for the author"


class Item(NamedTuple):
    """One item of the checklist."""

    number: str
    topic: str
    status: Status
    said: str
    """What is reported here, or what the author has to add."""


def checklist(about: Mapping[str, Any]) -> list[Item]:
    """All items, filled from what a study's JSON knows."""
    config, targets = about["config"], about["targets"]
    official = any(target["scheme"] == "official split" for target in targets)
    scheme = (
        "the data set's official split and no other"
        if official
        else "one person left out at a time"
        if config["leave_one_out"]
        else f"{config['folds']}-fold cross-validation over people, stratified, repeated {config['repeats']} times"
    )
    balanced = (
        "classes weigh alike in the loss" if any(t["balanced"] for t in targets) else "classes are not reweighted"
    )
    used = about.get("tokenizer") or {}
    return [
        Item("1", "Title", AUTHOR, "Name it a study of prediction, the population and the outcome."),
        Item("2", "Abstract", AUTHOR, "See TRIPOD+AI for abstracts."),
        Item("3a", "Context and rationale", AUTHOR, "Why this outcome, and earlier models of it."),
        Item("3b", "Target population and use", AUTHOR, "Whom the model is for; here: research alone."),
        Item("3c", "Known inequalities", AUTHOR, "Between which groups faces are read or labelled worse."),
        Item("4", "Objectives", HERE, "To score representations of faces against each other, in development data."),
        Item("5a", "Sources of data", AUTHOR, f"The task is {about['task']}; say how these people were recruited."),
        Item("5b", "Dates", AUTHOR, "When the recordings were made."),
        Item("6a", "Setting", AUTHOR, "Where, and how many centres."),
        Item("6b", "Eligibility", AUTHOR, "Who could take part; the flow of examples says what was left out."),
        Item("6c", "Treatments", AUTHOR, "Where there were any."),
        Item("7", "Data preparation", HERE, f"Tokens of {used.get('id', 'no tokenizer')}; only usable faces count."),
        Item("8a", "Outcome", AUTHOR, "How and when each label was made."),
        Item("8b", "Assessors of the outcome", AUTHOR, "Who rated, of what background."),
        Item("8c", "Blinding of the outcome", AUTHOR, "Whether raters knew what is predicted from."),
        Item("9a", "Choice of predictors", HERE, "Each representation whole, without a look at labels."),
        Item("9b", "Definition of predictors", HERE, "The representations' names and their numbers of features."),
        Item("9c", "Assessors of predictors", HERE, "Software alone, without a look at labels."),
        Item("10", "Sample size", AUTHOR, "How it was arrived at; the number analysed stands here."),
        Item("11", "Missing data", HERE, "Examples without a usable face get the majority or mean; they are counted."),
        Item("12a", "Use of the data", HERE, f"{scheme[0].upper()}{scheme[1:]}; nobody is trained and tested on."),
        Item(
            "12b",
            "Handling of predictors",
            HERE,
            "Pooled and scaled as inner folds choose, within each training part.",
        ),
        Item("12c", "Type of model", HERE, "L2-penalised linear models; the penalty from inner folds over people."),
        Item("12d", "Heterogeneity between clusters", AUTHOR, "Sites or centres, where there are several."),
        Item(
            "12e",
            "Measures of performance",
            HERE,
            "Scores with intervals; calibration, Brier score, confusion.",
        ),
        Item("12f", "Model updating", HERE, "None."),
        Item("12g", "How predictions were made", HERE, "Out of fold, by models that have not seen the person."),
        Item("13", "Class imbalance", HERE, f"{balanced}; floors stand in every table."),
        Item("14", "Fairness", AUTHOR, "Scores by group, where you know the groups: make them from predictions.csv."),
        Item("15", "Model output", HERE, "Probabilities, the most probable class; numbers in units of the label."),
        Item("16", "Training against evaluation", HERE, "The same data set; nothing is known of others."),
        Item("17", "Ethical approval", AUTHOR, "Which board and number; consent to automated analysis of faces."),
        Item("18a", "Funding", AUTHOR, ""),
        Item("18b", "Conflicts of interest", AUTHOR, ""),
        Item("18c", "Protocol", AUTHOR, "Where the analysis plan can be read; the settings stand in study.json."),
        Item("18d", "Registration", AUTHOR, "Number, or that there was none."),
        Item("18e", "Data sharing", AUTHOR, "Tokens and tables of a person are personal data."),
        Item("18f", "Code sharing", HERE, f"dfe {about.get('versions', {}).get('dfe', '')}, open source."),
        Item("19", "Involvement of the public", AUTHOR, ""),
        Item("20a", "Flow of participants", HERE, "The flow of examples."),
        Item("20b", "Characteristics of participants", AUTHOR, "Age, gender and the like; labels' shares stand here."),
        Item("20c", "Development against evaluation", AUTHOR, "Where the official parts differ."),
        Item("21", "Numbers in each analysis", HERE, "Above each table."),
        Item("22", "Full model", AUTHOR, "weights.csv has mean weights of all folds; publish no model of a person."),
        Item("23a", "Performance with intervals", HERE, "The tables."),
        Item("23b", "Heterogeneity of performance", AUTHOR, "Between sites, where there are several."),
        Item("24", "Results of model updating", HERE, "None."),
        Item("25", "Interpretation", AUTHOR, "In the light of the floors and of the row without any expression."),
        Item("26", "Limitations", AUTHOR, "Those of the software stand at the end of this page."),
        Item("27a", "Poor or missing input", HERE, "Coverage decides who is analysed; see the flow."),
        Item("27b", "Users' interaction and expertise", AUTHOR, "Who may read these figures, and for what."),
        Item("27c", "Next steps", AUTHOR, ""),
    ]
