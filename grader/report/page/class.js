/*
 * The class: distribution of points, table of students, pass rates of a lab's
 * tests, and its heat map of students and tests.
 */
const BINS = 10;
const RATES_SHOWN = 12;

/* Verdicts in the order in which they are stacked in a bar. */
const STACKED = ["pass", "fail", "crash", "timeout", "not-implemented",
    "build-failed"];

const chosen = {
    search: "",
    section: "",
    filter: "all",
    key: "", /* the roster's order */
    descending: false,
    lab: 0,
    hardest: true,
    allRates: false,
};

/* --- who is shown ----------------------------------------------------------
 */

/* Nothing handed in, and no time any more. */
function isMissing(lab) {
    return lab.state === "missing" && isNumber(lab.points);
}

/* Each says whether one of a student's labs makes the student fit. */
const FILTERS = {
    all: () => true,
    missing: (lab) => isMissing(lab),
    refused: (lab) => lab.state === "refused",
    ungraded: (lab) => lab.state === "ungraded",
    late: (lab) => lab.days_late > 0,
    override: (lab) => Boolean(lab.override),
};

function fits(student, filter) {
    return filter === "all" || student.labs.some(FILTERS[filter]);
}

function found(student) {
    const text = [student.name, student.id, student.login, student.email,
        student.section].join("\n").toLowerCase();
    return chosen.search.toLowerCase().split(/\s+/).every((part) =>
        text.includes(part));
}

/* The value that a column is sorted by. */
function sortValue(student, key) {
    if (key === "total") {
        return student.total;
    }
    return key.startsWith("lab-") ? student.labs[key.slice(4)].points :
        student[key];
}

/* What is unknown comes last, whichever way the others go. */
function compare(a, b, collator) {
    const [x, y] = [a, b].map((student) => sortValue(student, chosen.key));
    const [noX, noY] = [x, y].map((v) => v === null || v === "" ||
        v === undefined);
    if (noX || noY) {
        return noX - noY;
    }
    const order = isNumber(x) ? x - y : collator.compare(x, y);
    return chosen.descending ? -order : order;
}

function shownStudents() {
    const shown = view.data.students.filter((student) =>
        fits(student, chosen.filter) && found(student) &&
        (!chosen.section || student.section === chosen.section));
    if (chosen.key) {
        const collator = new Intl.Collator(view.language, {numeric: true});
        shown.sort((a, b) => compare(a, b, collator));
    }
    return shown;
}

/* --- distributions ---------------------------------------------------------
 */

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] :
        (sorted[half - 1] + sorted[half]) / 2;
}

function mean(values) {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function binned(values, max) {
    const bins = Array(BINS).fill(0);
    for (const value of values) {
        const bin = Math.floor(value / max * BINS);
        bins[Math.max(0, Math.min(BINS - 1, bin))]++;
    }
    return bins;
}

function histogram(name, values, max, about) {
    const bins = binned(values, max);
    const most = Math.max(1, ...bins);
    const columns = bins.map((count, i) => {
        const column = h("span", {class: "column", title: say("bin", count,
            number(i * max / BINS), number((i + 1) * max / BINS))},
        count > 0 && h("span", {class: "count"}, number(count)));
        const block = h("span", {class: "block"});
        block.style.height = count / most * 100 + "%";
        column.append(block);
        return column;
    });
    const plot = h("div", {class: "plot", role: "img",
        "aria-label": say("histogram", name, about)}, columns);
    if (values.length > 0) {
        const line = h("span", {class: "median"});
        line.style.left = median(values) / max * 100 + "%";
        plot.append(line);
    }
    return [plot, h("div", {class: "axis", "aria-hidden": "true"},
        h("span", {}, "0"), h("span", {}, number(max / 2)),
        h("span", {}, number(max)))];
}

function distribution(title, code, values, max, extra) {
    const about = values.length > 0 ?
        say("median", number(median(values), 1)) + " · " +
            say("mean", number(mean(values), 1)) : say("noScores");
    return h("section", {class: "distribution"},
        h("h3", {}, title, code && [" ", h("code", {}, code)]),
        histogram(title, values, max, about),
        h("p", {class: "about"}, about, h("br"), extra));
}

function distributions() {
    const {labs, students} = view.data;
    const totals = students.map((s) => s.total).filter(isNumber);
    return h("section", {class: "block-of", "aria-labelledby": "scores"},
        h("h2", {id: "scores"}, say("scores")),
        h("div", {class: "distributions"},
            distribution(say("total"), "", totals, 100,
                say("decided", totals.length, students.length)),
            labs.map((lab, i) => {
                const values = students.map((s) => s.labs[i])
                    .filter(hasPoints).map((l) => l.points);
                return distribution(local(lab.title), lab.lab, values,
                    lab.max || 100,
                    say("counted", values.length, students.length));
            })));
}

/* --- the table -------------------------------------------------------------
 */

/* Only what html_student_path() makes is a link. */
function pageOf(student) {
    return /^students\/[0-9a-f]{8,64}\.html$/.test(student.page || "") ?
        student.page : null;
}

function nameOf(student) {
    const name = quoted(student.name || student.id);
    const page = pageOf(student);
    return page ? h("a", {href: page}, name) : name;
}

function sortButton(key, name, title) {
    const active = chosen.key === key;
    return h("button", {
        type: "button", id: "sort-" + key, class: "sort",
        title: title || say("sortBy", name),
        onclick: () => sortBy(key),
    }, name, h("span", {class: "arrow", "aria-hidden": "true"},
        active ? chosen.descending ? " ↓" : " ↑" : ""));
}

function sortBy(key) {
    const first = key === "total" || key.startsWith("lab-");
    if (chosen.key !== key) {
        chosen.key = key;
        chosen.descending = first; /* numbers: the largest first */
    } else if (chosen.descending === first) {
        chosen.descending = !first;
    } else {
        chosen.key = "";
    }
    redraw();
}

function headCell(key, name, kind, title) {
    const order = chosen.key !== key ? "none" :
        chosen.descending ? "descending" : "ascending";
    return h("th", {scope: "col", class: kind, "aria-sort": order},
        sortButton(key, name, title));
}

function marksOf(lab) {
    return [
        lab.days_late > 0 && h("sup", {class: "flag",
            title: say("late") + ": " + say("days", lab.days_late)},
        h("span", {class: "unseen"}, say("late") + " "),
        "+" + lab.days_late),
        lab.override && h("sup", {class: "flag",
            title: [say("override"), lab.override.note].filter(Boolean)
                .join(": ")},
        h("span", {class: "unseen"}, say("override")),
        h("span", {"aria-hidden": "true"}, "†")),
    ];
}

/* Of nothing handed in there is a word, unless somebody gave points. */
function hasPoints(lab) {
    return isNumber(lab.points) && (lab.state !== "missing" ||
        Boolean(lab.override));
}

function labCell(lab, max, digits) {
    if (hasPoints(lab)) {
        return h("td", {class: "points " + lab.state, title: lab.reason},
            lab.state === "refused" && h("span", {class: "state"},
                word("state", "refused"), " "),
            h("span", {class: "value"}, number(lab.points, digits),
                marksOf(lab)),
            bar(lab.points / max));
    }
    const due = lab.state !== "missing" || isMissing(lab);
    return h("td", {class: "points " + lab.state, title: lab.reason},
        h("span", {class: "value"},
            h("span", {class: "state"}, due ? word("state", lab.state) : "–"),
            marksOf(lab)));
}

function studentRow(student, digits, sections) {
    const {labs} = view.data;
    return h("tr", {},
        h("th", {scope: "row", class: "name"}, nameOf(student)),
        h("td", {class: "id"}, quoted(student.id)),
        sections && h("td", {class: "section"}, quoted(student.section)),
        h("td", {class: "points total"},
            h("span", {class: "value"}, number(student.total, digits[0])),
            isNumber(student.total) && bar(student.total / 100)),
        student.labs.map((lab, i) =>
            labCell(lab, labs[i].max || 100, digits[i + 1])));
}

/* "lab1-buddy" as "1 buddy": there is little room over a column. */
function shortName(lab) {
    const parts = /^lab(\d+)-(.+)$/.exec(lab);
    return parts ? [h("span", {class: "nth"}, parts[1]), " ", parts[2]] : lab;
}

function table(shown) {
    const {labs, students} = view.data;
    const sections = students.some((student) => student.section);
    const digits = [decimals(students.map((s) => s.total)),
        ...labs.map((lab, i) => decimals(students.map((s) =>
            s.labs[i].points)))];
    return h("div", {class: "scroll", tabindex: "0", role: "region",
        "aria-label": say("table")},
    h("table", {class: "students"},
        h("thead", {}, h("tr", {},
            headCell("name", say("name"), "name"),
            headCell("id", say("id"), "id"),
            sections && headCell("section", say("section"), "section"),
            headCell("total", say("total"), "points"),
            labs.map((lab, i) => headCell("lab-" + i, shortName(lab.lab),
                "points", local(lab.title))))),
        h("tbody", {}, shown.map((student) =>
            studentRow(student, digits, sections)),
        shown.length === 0 && h("tr", {}, h("td", {class: "nobody",
            colspan: 4 + labs.length}, say("nobody"))))));
}

function filterButton(filter) {
    const count = view.data.students.filter((student) =>
        fits(student, filter)).length;
    if (count === 0 && filter !== "all" && chosen.filter !== filter) {
        return null;
    }
    return h("button", {
        type: "button", id: "filter-" + filter, class: "chip",
        "aria-pressed": String(chosen.filter === filter),
        onclick: () => {
            chosen.filter = filter;
            redraw();
        },
    }, say(filter), " ", h("span", {class: "n"}, number(count)));
}

function sectionSelect() {
    const sections = [...new Set(view.data.students.map((s) => s.section))]
        .filter(Boolean).sort();
    if (sections.length < 2) {
        return null;
    }
    const select = h("select", {
        id: "section", "aria-label": say("section"),
        onchange: (event) => {
            chosen.section = event.target.value;
            redraw();
        },
    }, h("option", {value: ""}, say("allSections")),
    sections.map((section) => h("option", {value: section}, section)));
    select.value = chosen.section;
    return select;
}

function searchField() {
    const field = h("input", {
        id: "search", type: "search", placeholder: say("search"),
        "aria-label": say("search"), autocomplete: "off", spellcheck: "false",
        oninput: (event) => {
            chosen.search = event.target.value;
            drawShown();
        },
    });
    field.value = chosen.search;
    return field;
}

function shownText(shown) {
    return say("shown", shown.length, view.data.students.length);
}

function studentsBlock(shown) {
    return h("section", {class: "block-of", "aria-labelledby": "table"},
        h("h2", {id: "table"}, say("table")),
        h("div", {class: "tools"},
            searchField(), sectionSelect(),
            h("div", {class: "chips", role: "group"},
                Object.keys(FILTERS).map(filterButton)),
            h("p", {id: "shown", class: "shown", "aria-live": "polite"},
                shownText(shown))),
        h("div", {id: "table-place"}, table(shown)),
        h("p", {class: "about"}, say("marks", "+N", "†")));
}

/* --- tests of a lab --------------------------------------------------------
 */

/* Without an attempt there is none: of a test that nobody has run. */
function statusOf(lab, i) {
    if (lab.statuses) {
        return knownStatus(lab.statuses[i]);
    }
    return lab.state === "ungraded" ? "not-run" : "missing";
}

/* How often each status came up in the lab's i-th test. */
function tally(lab, i) {
    const counts = {};
    for (const student of view.data.students) {
        const status = statusOf(student.labs[lab], i);
        counts[status] = (counts[status] || 0) + 1;
    }
    const decided = STACKED.reduce((sum, s) => sum + (counts[s] || 0), 0);
    return {i, counts, decided, rate: (counts.pass || 0) / (decided || 1)};
}

function stack(counts, decided) {
    const parts = STACKED.filter((status) => counts[status]).map((status) => {
        const part = h("span", {class: "part s-" + status,
            title: statusWord(status) + ": " + counts[status]});
        part.style.width = counts[status] / decided * 100 + "%";
        return part;
    });
    return h("span", {class: "stack", "aria-hidden": "true"}, parts);
}

function rateRow(test, {i, counts, decided, rate}) {
    return h("li", {class: "rate"},
        h("span", {class: "nth"}, i + 1),
        h("span", {class: "what"},
            h("span", {class: "title"}, local(test.title)), " ",
            h("code", {}, test.name)),
        h("span", {class: "share"}, decided > 0 ?
            number(Math.round(rate * 100)) + " %" : "–"),
        decided > 0 ? stack(counts, decided) : h("span", {class: "stack"}),
        h("span", {class: "unseen"},
            say("ran", counts.pass || 0, decided)));
}

function choice(id, name, pressed, act) {
    return h("button", {type: "button", id, class: "chip",
        "aria-pressed": String(pressed), onclick: () => {
            act();
            redraw();
        }}, name);
}

function rates(lab, tallies) {
    const order = chosen.hardest ?
        [...tallies].sort((a, b) => a.rate - b.rate || a.i - b.i) : tallies;
    const few = chosen.allRates ? order : order.slice(0, RATES_SHOWN);
    return [
        h("div", {class: "tools"},
            h("h3", {}, say("passRates")),
            h("div", {class: "chips", role: "group"},
                choice("rates-hardest", say("hardest"), chosen.hardest, () => {
                    chosen.hardest = true;
                }),
                choice("rates-order", say("inOrder"), !chosen.hardest, () => {
                    chosen.hardest = false;
                }))),
        h("ol", {class: "rates"},
            few.map((entry) => rateRow(lab.tests[entry.i], entry))),
        tallies.length > RATES_SHOWN && h("button", {
            type: "button", id: "rates-all", class: "more",
            onclick: () => {
                chosen.allRates = !chosen.allRates;
                redraw();
            },
        }, chosen.allRates ? say("showFew", RATES_SHOWN) :
            say("showAll", tallies.length)),
    ];
}

function heatHead(lab, tallies) {
    return h("tr", {}, h("th", {scope: "col", class: "name"}, say("name")),
        tallies.map(({i, rate, decided}) => {
            const filled = h("span", {class: "level"});
            filled.style.height = (decided > 0 ? rate * 100 : 0) + "%";
            return h("th", {scope: "col", title: (i + 1) + "  " +
                local(lab.tests[i].title) + "  " + lab.tests[i].name},
            h("span", {class: "well", "aria-hidden": "true"}, filled),
            h("span", {class: "unseen"}, local(lab.tests[i].title)),
            h("span", {class: "nth", "aria-hidden": "true"},
                (i + 1) % 5 === 0 || i === 0 ? i + 1 : ""));
        }));
}

function heatRow(student, index, tests) {
    const cells = tests.map((test, i) => {
        const status = statusOf(student.labs[index], i);
        return h("td", {class: "s-" + status, "data-test": i,
            title: (i + 1) + "  " + local(test.title) + ": " +
                statusWord(status)}, LETTERS[status]);
    });
    const row = h("tr", {},
        h("th", {scope: "row", class: "name"}, nameOf(student)), cells);
    const page = pageOf(student);
    if (page) {
        row.addEventListener("click", (event) => {
            const test = event.target.dataset.test;
            if (test !== undefined) {
                location.href = page + "#t-" + index + "-" + test;
            }
        });
    }
    return row;
}

function heatMap(shown) {
    const lab = view.data.labs[chosen.lab];
    const tallies = lab.tests.map((test, i) => tally(chosen.lab, i));
    return h("div", {class: "scroll", tabindex: "0", role: "region",
        "aria-label": say("heat")},
    h("table", {class: "heat"},
        h("thead", {}, heatHead(lab, tallies)),
        h("tbody", {}, shown.map((student) =>
            heatRow(student, chosen.lab, lab.tests)))));
}

function labTabs() {
    return h("div", {class: "chips labs", role: "group",
        "aria-label": say("lab")}, view.data.labs.map((lab, i) =>
        h("button", {
            type: "button", id: "lab-" + i, class: "chip",
            title: local(lab.title), "aria-pressed": String(chosen.lab === i),
            onclick: () => {
                chosen.lab = i;
                redraw();
            },
        }, shortName(lab.lab))));
}

function testsBlock(shown) {
    const lab = view.data.labs[chosen.lab];
    if (!lab) {
        return null;
    }
    const tallies = lab.tests.map((test, i) => tally(chosen.lab, i));
    const used = new Set(tallies.flatMap(({counts}) => Object.keys(counts)));
    return h("section", {class: "block-of", "aria-labelledby": "tests"},
        h("h2", {id: "tests"}, say("tests")),
        labTabs(),
        h("p", {class: "lead"}, local(lab.title), " ",
            h("code", {}, lab.lab), " · ", say("due"), " ", moment(lab.due)),
        rates(lab, tallies),
        h("div", {class: "wide"},
            h("h3", {}, say("heat")),
            h("p", {class: "about"}, say("heatAbout")),
            legend(used),
            h("div", {id: "heat-place"}, heatMap(shown))));
}

/* --- the page --------------------------------------------------------------
 */

/*
 * While somebody types, only what depends on who is shown is drawn anew; a
 * table stays scrolled sideways as the old one was.
 */
function drawShown() {
    const shown = shownStudents();
    for (const [key, draw] of [["table", table], ["heat", heatMap]]) {
        const place = document.getElementById(key + "-place");
        if (place) {
            const left = place.firstChild.scrollLeft;
            place.replaceChildren(draw(shown));
            place.firstChild.scrollLeft = left;
        }
    }
    document.getElementById("shown").textContent = shownText(shown);
}

function drawClass() {
    const {course, audience, now, students} = view.data;
    const shown = shownStudents();
    setTitle(local(course.name), say("classTitle"));
    return frame([quoted(course.id)], [
        h("div", {class: "heading"},
            h("h1", {}, local(course.name) || course.id),
            h("p", {class: "about"}, [say("classTitle"),
                say(audience === "staff" ? "staff" : "student"),
                say("students", students.length), say("asOf", moment(now)),
            ].join(" · "))),
        distributions(), studentsBlock(shown), testsBlock(shown),
    ]);
}
