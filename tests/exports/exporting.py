"""What the scripts here share.

Each is called as `SCRIPT MMGRADE RESULTS` by scripts/run-tests, from the top
folder. RESULTS is a folder with results of lab1-buddy for staff: whole.json
(all points), broken.json (tests fail), unbuilt.json (it does not build).
"""
import json
import os
import subprocess
import sys

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
MMGRADE = os.path.abspath(sys.argv[1])
RESULTS = ("whole", "broken", "unbuilt")


def export(*words, **environment):
    """What `mmgrade export WORDS` prints, as bytes."""
    done = subprocess.run([MMGRADE, "export", *words], stdout=subprocess.PIPE,
                          env={**os.environ, **environment}, check=False)
    if done.returncode != 0:
        sys.exit(f"mmgrade export {' '.join(words)}: {done.returncode}")
    return done.stdout


def result_path(name):
    return os.path.join(sys.argv[2], name + ".json")


def result_of(name):
    with open(result_path(name), encoding="utf-8") as file:
        return json.load(file)


def validate(document, schema):
    """By a validator that we did not write."""
    with open(f"{HERE}/schemas/{schema}.json", encoding="utf-8") as file:
        jsonschema.Draft7Validator(json.load(file)).validate(document)


def expect(condition, what):
    if not condition:
        sys.exit(f"expected: {what}")


def hidden_words(result):
    """Everything that only staff may read of a result's hidden tests."""
    for test in result["tests"]:
        if test["visibility"] == "hidden":
            for message in test.get("messages", []):
                yield from (message[key] for key in ("seen", "expected")
                            if len(message.get(key, "")) > 20)
            if test.get("oops"):
                yield test["oops"].splitlines()[0]


def expect_discreet(text, result):
    # A public test may say the same; then it is no secret.
    public = json.dumps([test for test in result["tests"]
                         if test["visibility"] == "public"], ensure_ascii=False)
    for words in hidden_words(result):
        if words not in public:
            expect(words not in text, f"nothing of a hidden test: {words}")
