/*
 * One student, and results by themselves: per lab what was done, expected and
 * seen in each test.
 */
const OPEN_AT_FIRST = 3;

/* --- a test ----------------------------------------------------------------
 */

function term(key, value, kind) {
    return value ? [h("dt", {}, say(key)),
        h("dd", {class: kind || ""}, quoted(value))] : null;
}

function messageList(message) {
    return h("dl", {class: "message"},
        term("did", message.did, "code"),
        term("expected", message.expected, "code"),
        term("seen", message.seen, "code seen"),
        term("hint", message.hint),
        term("where", message.where, "code where"));
}

/* A line of the kernel's report: where in the student's files it was. */
function oopsLine(line) {
    const place = /^(.*\()((?:mm|drivers)\/[^()\s]+:\d+)(\).*)$/.exec(line);
    return place ? [place[1], h("strong", {}, place[2]), place[3], "\n"] :
        [line, "\n"];
}

function oops(text) {
    const [first, ...lines] = String(text).split("\n");
    return h("div", {class: "oops"},
        h("h4", {}, say("oops")),
        h("pre", {dir: "ltr", tabindex: "0"}, h("strong", {}, first), "\n",
            lines.map(oopsLine)));
}

/* An image can't run anything, whatever the SVG says. */
function picture({title, svg: source, note}) {
    if (typeof source !== "string" || !/^\s*(<\?xml|<svg)/.test(source)) {
        return note && h("p", {class: "about"}, quoted(local(title)), ": ",
            quoted(note));
    }
    let bytes = "";
    for (const byte of new TextEncoder().encode(source)) {
        bytes += String.fromCharCode(byte);
    }
    return h("figure", {tabindex: "0"},
        h("img", {alt: local(title),
            src: "data:image/svg+xml;base64," + btoa(bytes)}));
}

function testBody(test) {
    const messages = test.messages || [];
    const told = messages.length > 0 || test.oops || test.hung_in;
    return h("div", {class: "body"},
        !told && test.visibility === "hidden" &&
            test.instructions === undefined && test.status !== "pass" &&
            h("p", {class: "about"}, say("hiddenDetail")),
        messages.map(messageList),
        test.hung_in && h("dl", {class: "message"},
            term("hungIn", test.hung_in, "code")),
        test.oops && oops(test.oops),
        h("dl", {class: "message last"},
            term("concept", local(test.hint)),
            test.instructions > 0 && term("cost", say("instructions",
                number(test.instructions)))),
        (test.pictures || []).map(picture));
}

function testSummary(test) {
    return h("summary", {},
        mark(test.status),
        h("span", {class: "what"},
            h("span", {class: "title"}, local(test.title) || test.name), " ",
            h("code", {}, test.name)),
        h("span", {class: "tags"},
            test.visibility === "hidden" && h("span", {class: "tag"},
                say("hidden")),
            test.status !== "pass" && h("span", {class: "verdict"},
                statusWord(test.status))),
        h("span", {class: "unseen"}, statusWord(test.status)),
        h("span", {class: "points"},
            say("points", number(test.points), number(test.max))));
}

function testDetails(test, id, open) {
    return h("details", {class: "test", id, open}, testSummary(test),
        testBody(test));
}

/* --- a result --------------------------------------------------------------
 */

function strip(tests, index) {
    return h("div", {class: "strip", "aria-hidden": "true"},
        tests.map((test, i) => h("a", {href: "#t-" + index + "-" + i,
            tabindex: "-1", class: "mark s-" + knownStatus(test.status),
            title: (i + 1) + "  " + local(test.title) + ": " +
                statusWord(test.status)},
        LETTERS[knownStatus(test.status)])));
}

function toggle(index, open, key) {
    return h("button", {
        type: "button", class: "more", id: key + "-" + index,
        onclick: (event) => {
            const all = event.target.closest(".tests")
                .querySelectorAll("details.test");
            all.forEach((details) => {
                details.open = open;
            });
        },
    }, say(key));
}

function tests(result, index) {
    const numbered = result.tests.map((test, i) => ({test, i}));
    const passed = numbered.filter(({test}) => test.status === "pass");
    const others = numbered.filter(({test}) => test.status !== "pass");
    const entry = ({test, i}, open) =>
        testDetails(test, "t-" + index + "-" + i, open);
    return [
        strip(result.tests, index),
        legend(new Set(result.tests.map((test) => knownStatus(test.status)))),
        others.length > 0 && h("section", {class: "tests"},
            h("div", {class: "tools"},
                h("h3", {}, say("failedTests", others.length)),
                h("span", {class: "buttons"}, toggle(index, true, "openAll"),
                    toggle(index, false, "closeAll"))),
            others.map((one, n) => entry(one, n < OPEN_AT_FIRST))),
        passed.length > 0 && h("details", {class: "passed",
            id: "passed-" + index},
        h("summary", {}, mark("pass"), h("span", {},
            say("passedTests", passed.length))),
        passed.map((one) => entry(one, false))),
    ];
}

function build(result, index) {
    if (!result.build || !result.build.messages &&
        result.build.status === "ok") {
        return null;
    }
    const failed = result.build.status !== "ok";
    return h("details", {class: "build" + (failed ? " failed" : ""),
        id: "build-" + index, open: failed},
    h("summary", {}, failed ? [mark("build-failed"), " "] : "",
        say(failed ? "buildFailed" : "buildMessages")),
    h("pre", {dir: "ltr", tabindex: "0"}, result.build.messages));
}

function alertOf(result) {
    return [
        result.refused && h("p", {class: "alert"},
            h("strong", {}, word("refusedWord", result.refused.word)), ": ",
            quoted(result.refused.reason)),
        result.ungraded > 0 && h("p", {class: "alert ours"},
            say("undecided", number(result.ungraded))),
        result.sandbox === "none" && h("p", {class: "alert ours"},
            say("unsafe")),
    ];
}

function fact(key, value) {
    return value && h("div", {}, h("dt", {}, say(key)), h("dd", {}, value));
}

/* The first digits of a hash say enough; the title has all. */
function hashOf(text) {
    return text && h("code", {title: text}, text.slice(0, 12));
}

function facts(result) {
    const {origin, commit, commit_time: time, content_hash: content} =
        result.submission || {};
    return h("dl", {class: "facts"},
        fact("origin", origin && h("code", {}, quoted(origin))),
        fact("commit", commit && [hashOf(commit), " ",
            time && moment(time)]),
        fact("content", !commit && hashOf(content)));
}

function notes(result, index) {
    const texts = (result.submission || {}).notes || [];
    return texts.length > 0 && h("details", {class: "notes",
        id: "notes-" + index},
    h("summary", {}, say("notes"), " ",
        h("span", {class: "nth"}, number(texts.length))),
    h("ul", {}, texts.map((text) => h("li", {}, quoted(text)))));
}

function resultBody(result, index) {
    return [facts(result), alertOf(result), notes(result, index),
        build(result, index),
        result.refused && result.build === null ? null :
            tests(result, index)];
}

/* A lab's section: closed when there is nothing to be learned from it. */
function section(index, title, code, value, open, body) {
    return h("details", {class: "lab", id: "lab-" + index, open},
        h("summary", {},
            h("h2", {}, title, " ", h("code", {}, code)),
            h("span", {class: "score"}, value)),
        h("div", {class: "inside"}, body));
}

function hasTrouble(result) {
    return Boolean(result) && (Boolean(result.refused) ||
        result.tests.some((test) => test.status !== "pass"));
}

/* --- a student -------------------------------------------------------------
 */

function stateOf(lab) {
    return lab.state === "missing" && !isNumber(lab.points) ? say("notDue") :
        word("state", lab.state);
}

/*
 * The lab's policy in a row: what counts, and how it came about. A column that
 * says nothing of any lab is left out.
 */
const LAB_COLUMNS = {
    counts: (lab, max) => hasPoints(lab) ?
        [h("span", {class: "value"}, number(lab.points),
            marksOf({...lab, days_late: 0})), bar(lab.points / max)] :
        h("span", {class: "state"}, stateOf(lab)),
    earned: (lab) => isNumber(lab.earned) ? number(lab.earned) : "",
    penalty: (lab) => lab.penalty_percent > 0 ?
        "−" + lab.penalty_percent + " %" : "",
    lateness: (lab) => lab.days_late > 0 ? say("days", lab.days_late) : "",
    attempt: (lab) => lab.attempts > 1 && lab.attempt ?
        say("attemptOf", lab.attempt, lab.attempts) : "",
    submitted: (lab) => lab.submitted ? moment(lab.submitted) : "",
    due: (lab) => moment(lab.due),
};

function labTable(labs, courseLabs) {
    const columns = Object.entries(LAB_COLUMNS).filter(([, cell]) =>
        labs.some((lab) => cell(lab, 100)));
    const rows = labs.map((lab, i) => h("tr", {},
        h("th", {scope: "row", class: "name"},
            h("a", {href: "#lab-" + i}, local(courseLabs[i].title))),
        columns.map(([key, cell]) => h("td", {class: key},
            cell(lab, courseLabs[i].max || 100)))));
    return h("div", {class: "scroll", tabindex: "0", role: "region",
        "aria-label": say("scores")},
    h("table", {class: "students labs"},
        h("thead", {}, h("tr", {},
            h("th", {scope: "col", class: "name"}, say("lab")),
            columns.map(([key]) => h("th", {scope: "col", class: key},
                say(key))))),
        h("tbody", {}, rows)));
}

function overrideNote({override}) {
    if (!override) {
        return null;
    }
    return h("p", {class: "alert ours"}, override.note ?
        say("overriddenBy", override.by, moment(override.at), override.note) :
        say("overridden"));
}

function labSection(lab, course, index) {
    const value = isNumber(lab.points) ?
        say("points", number(lab.points), number(course.max || 100)) :
        stateOf(lab);
    return section(index, local(course.title), course.lab, value,
        hasTrouble(lab.result), [
            lab.reason && !lab.result && h("p", {class: "lead"}, quoted(lab.reason)),
            overrideNote(lab),
            lab.state === "concealed" && h("p", {class: "about"},
                say("concealed")),
            lab.result && resultBody(lab.result, index),
        ]);
}

function drawStudent() {
    const {course, audience, now, labs, student} = view.data;
    setTitle(student.name || student.id, local(course.name));
    return frame([audience === "staff" ?
        h("a", {href: "../index.html"}, local(course.name) || course.id) :
        quoted(local(course.name) || course.id)], [
        h("div", {class: "heading with-total"},
            h("div", {},
                h("h1", {}, quoted(student.name || student.id)),
                h("p", {class: "about"}, [student.id, student.login,
                    student.section].filter((text, i, all) => text &&
                    all.indexOf(text) === i).map((text, i) =>
                    [i > 0 && " · ", quoted(text)]),
                " · ", say("asOf", moment(now)))),
            h("p", {class: "grand"}, h("span", {class: "label"},
                say("total")), h("span", {class: "value"},
                number(student.total)), h("span", {class: "label"},
                say("of", 100)))),
        labTable(student.labs, labs),
        student.labs.map((lab, i) => labSection(lab, labs[i], i)),
    ]);
}

/* --- results ---------------------------------------------------------------
 */

function whereFrom(result) {
    return (result.submission || {}).origin || "";
}

function resultsTable(results) {
    return h("div", {class: "scroll", tabindex: "0", role: "region",
        "aria-label": say("scores")},
    h("table", {class: "students"},
        h("thead", {}, h("tr", {}, ["submission", "lab", "score"].map((key) =>
            h("th", {scope: "col", class: key === "score" ? "points" :
                "name"}, say(key))))),
        h("tbody", {}, results.map((result, i) => h("tr", {},
            h("th", {scope: "row", class: "name"},
                h("a", {href: "#lab-" + i}, quoted(whereFrom(result)))),
            h("td", {}, local(result.title), " ",
                h("code", {}, result.lab)),
            h("td", {class: "points"},
                h("span", {class: "value"}, number(result.score),
                    result.refused && h("sup", {class: "flag"},
                        say("refused"))),
                bar(result.score / (result.max || 100))))))));
}

function drawResults() {
    const results = view.data;
    const places = new Set(results.map(whereFrom));
    const single = results.length === 1;
    setTitle(single ? whereFrom(results[0]) : say("resultsTitle"));
    return frame([say("resultsTitle")], [
        h("div", {class: "heading"},
            h("h1", {}, places.size === 1 ? quoted([...places][0]) :
                say("resultsTitle"))),
        results.length === 0 && h("p", {}, say("nothing")),
        results.length > 1 && resultsTable(results),
        results.map((result, i) => section(i, places.size > 1 ?
            [quoted(whereFrom(result)), h("span", {class: "slash"}, " / "),
                local(result.title)] : local(result.title), result.lab,
        say("points", number(result.score), number(result.max)),
        single || hasTrouble(result), resultBody(result, i))),
    ]);
}
