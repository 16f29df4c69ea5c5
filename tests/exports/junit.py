"""What junitparser reads is what the results say."""

import json
import sys

from junitparser import Error, Failure, JUnitXml, Skipped

LOST = {"fail", "timeout", "crash", "not-implemented", "build-failed"}


def element(result, test):
    if result["refused"]:
        return Error if result["refused"]["word"] == "INFRA" else Failure
    if test["status"] == "pass":
        return None
    if test["status"] in LOST:
        return Failure
    return Skipped if test["status"] == "not-run" else Error


def check(results, path):
    report = JUnitXml.fromfile(path)
    suites = list(report)
    names = set()
    wanted = [element(r, t) for r in results for t in r["tests"]]
    assert len(suites) == len(results), "a suite each"
    assert report.tests == len(wanted), "tests"
    assert report.failures == wanted.count(Failure), "failures"
    assert report.errors == wanted.count(Error), "errors"
    assert report.skipped == wanted.count(Skipped), "skipped"
    for suite, result in zip(suites, results):
        cases = list(suite)
        assert len(cases) == len(result["tests"]) == suite.tests
        assert suite.failures == sum(
            element(result, t) is Failure for t in result["tests"]
        )
        for case, test in zip(cases, result["tests"]):
            kinds = [type(found) for found in case.result]
            want = element(result, test)
            assert kinds == ([want] if want else []), (case.name, kinds)
            assert case.classname == test["name"].split("::")[0]
            assert abs(case.time - test.get("seconds", 0)) < 0.001
            assert (case.classname, case.name) not in names, case.name
            names.add((case.classname, case.name))
    return report


def main(work):
    for name in ("evil", "empty", "bugs"):
        with open(f"{work}/{name}.json", encoding="utf-8") as file:
            result = json.load(file)
        report = check([result], f"{work}/{name}.xml")
        if name == "evil":
            said = list(report)[0]._elem.findtext("system-out")
            assert said == result["build"]["messages"], said
            assert "EVIL ]]> <script>" in said
    with open(f"{work}/all.json", encoding="utf-8") as file:
        check(json.load(file), f"{work}/all.xml")


main(sys.argv[1])
