"""Zoufang's learned categories beside what the field usually takes: BINARY TSV, lines of label, TAB, text.

By cross-validation in five parts, all learners on the same parts: all labels of four parts, then 300 and 100 of them. Prints a line
a learner: accuracy, macro-F1, accuracy of the surest 70 %, microseconds a text, seconds of training. In a virtual environment of
its own: python3 -m venv V; V/bin/pip install -r tests/bench/requirements.txt; V/bin/python tests/bench/peers.py target/release/zoufang TSV
"""

import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import time

import fasttext
import jieba
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

SEED = 20261127
PARTS = 5
BINARY, TSV = sys.argv[1:3]
FOLDER = tempfile.mkdtemp()


def written(name, rows):
    path = os.path.join(FOLDER, name)
    with open(path, "w") as file:
        file.writelines(f"{label}\t{text}\n" for label, text in rows)
    return path


def zoufang(learned, asked):
    """What the command trains and judges, by its own figures."""
    model = os.path.join(FOLDER, "model")
    begun = time.perf_counter()
    command = [BINARY, "categorize", "train", "--input", written("learned", learned), "--model", model]
    subprocess.run(command, check=True, capture_output=True)
    took = time.perf_counter() - begun
    command = [BINARY, "categorize", "eval", "--model", model, "--input", written("asked", asked)]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    surest = figures["accuracy_of_surest_70"]
    return figures["accuracy"], figures["macro_f1"], surest, figures["micros_per_text"]["batch"], took


def judged(asked, guessed, sure, micros, took):
    labels = [label for label, _ in asked]
    order = sorted(range(len(asked)), key=lambda at: -sure[at])[: round(len(asked) * 0.7)]
    surest = sum(labels[at] == guessed[at] for at in order) / len(order)
    return accuracy_score(labels, guessed), f1_score(labels, guessed, average="macro"), surest, micros, took


def svm(vectorizer):
    def run(learned, asked):
        pipeline = make_pipeline(vectorizer(), LinearSVC())
        begun = time.perf_counter()
        pipeline.fit([text for _, text in learned], [label for label, _ in learned])
        took = time.perf_counter() - begun
        begun = time.perf_counter()
        scores = pipeline.decision_function([text for _, text in asked])
        micros = (time.perf_counter() - begun) / len(asked) * 1e6
        classes = pipeline.classes_
        guessed = [classes[row.argmax()] for row in scores]
        # How far the best is ahead of the next.
        sure = [sorted(row)[-1] - sorted(row)[-2] for row in scores]
        return judged(asked, guessed, sure, micros, took)

    return run


def fast_text(learned, asked):
    # Labels are words of its files, and so are numbered.
    labels = sorted({label for label, _ in learned})
    path = os.path.join(FOLDER, "fasttext")
    with open(path, "w") as file:
        file.writelines(f"__label__{labels.index(label)} {' '.join(jieba.cut(text))}\n" for label, text in learned)
    begun = time.perf_counter()
    model = fasttext.train_supervised(path, epoch=50, lr=0.5, wordNgrams=2, thread=1, seed=1, verbose=0)
    took = time.perf_counter() - begun
    begun = time.perf_counter()
    best = [model.f.predict(" ".join(jieba.cut(text)) + "\n", 1, 0.0, "strict")[0] for _, text in asked]
    micros = (time.perf_counter() - begun) / len(asked) * 1e6
    guessed = [labels[int(label.removeprefix("__label__"))] for _, label in best]
    return judged(asked, guessed, [likely for likely, _ in best], micros, took)


LEARNERS = {
    "Zoufang": zoufang,
    "TF-IDF of 1-3 characters, LinearSVC": svm(lambda: TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)),
    "jieba, TF-IDF, LinearSVC": svm(lambda: TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, sublinear_tf=True)),
    "jieba, fastText": fast_text,
}


def main():
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    with open(TSV) as file:
        rows = [tuple(line.rstrip("\n").split("\t", 1)) for line in file if "\t" in line]
    labels = [label for label, _ in rows]
    parts = list(StratifiedKFold(PARTS, shuffle=True, random_state=SEED).split(rows, labels))
    for n in (None, 300, 100):
        print(f"{n or 'all'} labels of {len(rows)} texts")
        for name, learner in LEARNERS.items():
            figures = []
            for part, (learned, asked) in enumerate(parts):
                learned = [rows[at] for at in learned]
                if n:
                    of = [label for label, _ in learned]
                    learned, _ = train_test_split(learned, train_size=n, stratify=of, random_state=SEED + part)
                random.Random(SEED).shuffle(learned)
                figures.append(learner(learned, [rows[at] for at in asked]))
            accuracy, f1, surest, micros, took = (sum(it) / PARTS for it in zip(*figures))
            print(f"  {name}: accuracy {accuracy:.3f}, macro-F1 {f1:.3f}, surest 70 % {surest:.3f}, "
                  f"{micros:.0f} µs a text, {took:.1f} s of training", flush=True)


main()
