/*
 * What all pages share: language, texts, elements, statuses, the frame.
 *
 * Data reaches the page as text nodes and through a few checked attributes,
 * never as markup; clean() shows control characters that would reorder or
 * break what stands beside them.
 */
const LANGUAGES = ["en", "zh"];
const LANGUAGE_KEY = "mmgrade-language";

/* Shape as well as colour: a letter for each verdict; what passes is quiet. */
const LETTERS = {
    "pass": "·",
    "fail": "F",
    "timeout": "T",
    "crash": "C",
    "not-implemented": "N",
    "build-failed": "B",
    "not-run": "–",
    "infra-error": "?",
    "concealed": "h",
    "missing": "",
};

const view = {
    language: "en",
    data: null,
    draw: null, /* (view) => nodes of the page's body */
};

/* --- languages -------------------------------------------------------------
 */

function remembered() {
    try {
        return localStorage.getItem(LANGUAGE_KEY);
    } catch (error) {
        return null; /* not for files, says this browser */
    }
}

function remember(language) {
    try {
        localStorage.setItem(LANGUAGE_KEY, language);
    } catch (error) {
        /* it is asked again next time */
    }
}

function firstLanguage() {
    const asked = new URLSearchParams(location.search).get("lang");
    const wanted = [asked, remembered(), navigator.language || ""];
    for (const text of wanted) {
        const language = String(text || "").slice(0, 2).toLowerCase();
        if (LANGUAGES.includes(language)) {
            return language;
        }
    }
    return "en";
}

/* The page's own words; of a list the form for the number in {0}. */
function say(key, ...values) {
    let text = WORDS[view.language][key];
    if (Array.isArray(text)) {
        text = values[0] === 1 ? text[0] : text[1];
    }
    return text.replace(/\{(\d)\}/g, (all, i) => String(values[i]));
}

/* A word of a table of words; one that is not in it, itself. */
function word(table, key) {
    const words = WORDS[view.language][table];
    return Object.hasOwn(words, key) ? words[key] : String(key);
}

/* {en, zh}: in the reader's language, or else in the other. */
function local(text) {
    if (typeof text === "string") {
        return text;
    }
    return text ? text[view.language] || text.en || text.zh || "" : "";
}

/* --- numbers and times -----------------------------------------------------
 */

function isNumber(value) {
    return typeof value === "number" && Number.isFinite(value);
}

function number(value, digits) {
    return isNumber(value) ? new Intl.NumberFormat(view.language, {
        minimumFractionDigits: digits || 0,
        maximumFractionDigits: digits === undefined ? 2 : digits,
    }).format(value) : "–";
}

/* How many decimals (0 to 2) it takes to show all of them. */
function decimals(values) {
    return Math.max(0, ...values.filter(isNumber).map((value) => {
        const text = String(Math.round(value * 100) / 100);
        const dot = text.indexOf(".");
        return dot < 0 ? 0 : text.length - dot - 1;
    }));
}

function zone() {
    const course = view.data.course;
    return course && course.time_zone || undefined;
}

/* "20 Mar 2026, 18:00", in the course's time zone. */
function moment(text) {
    const date = new Date(text);
    if (!text || Number.isNaN(date.getTime())) {
        return "–";
    }
    const options = {
        year: "numeric", month: "short", day: "numeric",
        hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    };
    const language = view.language === "zh" ? "zh-CN" : "en-GB";
    try {
        return new Intl.DateTimeFormat(language,
            {...options, timeZone: zone()}).format(date);
    } catch (error) {
        return new Intl.DateTimeFormat(language,
            {...options, timeZone: "UTC"}).format(date) + " UTC";
    }
}

/* --- elements --------------------------------------------------------------
 */

const UNSEEN = new RegExp("[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f" +
    "\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]", "g");

function clean(text) {
    return String(text).replace(UNSEEN, (c) =>
        "\\u{" + c.charCodeAt(0).toString(16) + "}");
}

/* Attributes that may be set from here; none of them runs or loads anything. */
const ATTRIBUTES = new Set(["alt", "class", "colspan", "for", "href", "id",
    "lang", "list", "name", "open", "placeholder", "role", "rowspan", "scope",
    "src", "tabindex", "title", "type", "value", "viewBox", "x", "y", "width",
    "height", "x1", "x2", "y1", "y2", "hidden", "spellcheck", "autocomplete",
    "dir", "text-anchor"]);

function setAttribute(element, key, value) {
    if (value === undefined || value === null || value === false) {
        return;
    }
    if (key.startsWith("on")) {
        element.addEventListener(key.slice(2), value);
    } else if (ATTRIBUTES.has(key) || key.startsWith("aria-") ||
               key.startsWith("data-")) {
        element.setAttribute(key, value === true ? "" : clean(value));
    } else {
        throw new Error("no attribute " + key);
    }
}

function fill(element, attributes, children) {
    for (const [key, value] of Object.entries(attributes || {})) {
        setAttribute(element, key, value);
    }
    for (const child of children.flat(Infinity)) {
        if (child === null || child === undefined || child === false) {
            continue;
        }
        element.append(child instanceof Node ? child :
            document.createTextNode(clean(child)));
    }
    return element;
}

/* h("p", {class: "quiet"}, "text", node, [more]); on…: a listener. */
function h(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag),
        attributes, children);
}

/* A text of somebody else's, whose direction stays its own. */
function quoted(text) {
    return h("bdi", {}, text);
}

/* A bar of `share` (0 to 1) of its place. */
function bar(share, name) {
    const filled = h("span", {class: "filled " + (name || "")});
    filled.style.width = Math.max(0, Math.min(1, share)) * 100 + "%";
    return h("span", {class: "bar", "aria-hidden": "true"}, filled);
}

/* --- statuses --------------------------------------------------------------
 */

function knownStatus(status) {
    return Object.hasOwn(LETTERS, status) ? status : "not-run";
}

function statusWord(status) {
    return word("status", knownStatus(status));
}

/* The small square with a letter. */
function mark(status) {
    const known = knownStatus(status);
    return h("span", {class: "mark s-" + known, title: statusWord(known),
        "aria-hidden": "true"}, LETTERS[known]);
}

function legend(statuses) {
    const used = Object.keys(LETTERS).filter((status) =>
        statuses.has(status));
    return h("ul", {class: "legend", "aria-hidden": "true"},
        used.map((status) => h("li", {}, mark(status), " ",
            statusWord(status))));
}

/* --- the frame -------------------------------------------------------------
 */

function languageButton(language, name) {
    return h("button", {
        type: "button", id: "language-" + language, lang: language,
        "aria-pressed": String(view.language === language),
        onclick: () => {
            view.language = language;
            remember(language);
            redraw();
        },
    }, name);
}

function frame(path, body) {
    return [
        h("a", {class: "skip", href: "#content"}, say("skip")),
        h("header", {class: "top"},
            h("p", {class: "path"}, h("span", {class: "brand"}, "mmgrade"),
                path.filter(Boolean).map((part) => [
                    h("span", {class: "slash", "aria-hidden": "true"}, "/"),
                    part,
                ])),
            h("div", {class: "languages", role: "group",
                "aria-label": say("language")},
                languageButton("en", "English"),
                languageButton("zh", "中文"))),
        h("main", {id: "content", tabindex: "-1"}, body),
    ];
}

/* What a person has opened, scrolled and focused, by id or place. */
function keptState(page) {
    return {
        focused: document.activeElement && document.activeElement.id,
        height: scrollY,
        open: new Map([...page.querySelectorAll("details[id]")].map((details) =>
            [details.id, details.open])),
        left: [...page.querySelectorAll(".scroll")].map((place) =>
            place.scrollLeft),
    };
}

function restoreState(page, {focused, height, open, left}) {
    for (const details of page.querySelectorAll("details[id]")) {
        if (open.has(details.id)) {
            details.open = open.get(details.id);
        }
    }
    page.querySelectorAll(".scroll").forEach((place, i) => {
        place.scrollLeft = left[i] || 0;
    });
    const again = focused && document.getElementById(focused);
    if (again) {
        again.focus({preventScroll: true});
    }
    scrollTo(0, height);
}

/* All of it anew: it is a matter of milliseconds, and nothing is left over. */
function redraw() {
    const page = document.getElementById("page");
    const state = keptState(page);
    document.documentElement.lang = view.language === "zh" ? "zh-CN" : "en";
    page.replaceChildren(...view.draw().flat(Infinity).filter(Boolean));
    restoreState(page, state);
}

function setTitle(...parts) {
    document.title = clean([...parts, "mmgrade"].filter(Boolean)
        .join(" · "));
}
