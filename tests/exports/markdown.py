"""The rendered summary has only the elements that we make, and whole tables."""

import json
import sys
from html.parser import HTMLParser

OURS = {
    "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "strong",
    "code", "pre", "details", "summary", "ul", "li", "br",
}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.code = 0
        self.elements = []
        self.open = []
        self.plain = ""  # text that is not in code
        self.whole = ""

    def handle_starttag(self, tag, attributes):
        assert tag in OURS, f"an element {tag}"
        names = {name for name, _ in attributes}
        assert names <= {"align", "lang", "class"}, f"{tag} with {names}"
        self.elements.append(tag)
        self.code += tag == "code"
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} ends in the wrong place"
        self.code -= tag == "code"

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_data(self, data):
        self.whole += data
        if not self.code:
            self.plain += data


def ran(result):
    """Where no test was run, why stands in place of the table."""
    failed = (result["build"] or {}).get("status") == "build-failed"
    return not failed and not result["refused"]


def main(results_path, page_path):
    with open(results_path, encoding="utf-8") as file:
        results = json.load(file)
    results = results if isinstance(results, list) else [results]
    page = Page()
    with open(page_path, encoding="utf-8") as file:
        page.feed(file.read())
    assert page.open == [], page.open
    assert "EVIL" not in page.plain and "evil.example" not in page.plain
    rows = sum(len(result["tests"]) + 2 for result in results if ran(result))
    rows += len(results) + 1 if len(results) > 1 else 0
    assert page.elements.count("tr") == rows, page.elements.count("tr")
    for result in results:
        build = result["build"]
        if build and build["messages"]:
            assert build["messages"] in page.whole, "the messages, whole"


main(*sys.argv[1:])
