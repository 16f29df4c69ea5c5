/*
 * Starts the page: which of the kinds of data it is, and what is open.
 */
function drawerOf(data) {
    if (Array.isArray(data)) {
        return drawResults;
    }
    return {
        "mmgrade/class/v1": drawClass,
        "mmgrade/student/v1": drawStudent,
    }[data.schema];
}

/* What the address names is shown, and so is all that it lies in. */
function openNamed() {
    const named = location.hash.length > 1 &&
        document.getElementById(location.hash.slice(1));
    if (!named) {
        return;
    }
    for (let at = named; at; at = at.parentElement) {
        if (at.tagName === "DETAILS") {
            at.open = true;
        }
    }
    named.scrollIntoView();
}

/* Paper can't be opened: all is open while it is printed. */
function openForPrint() {
    const closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((details) => {
        details.open = true;
    });
    addEventListener("afterprint", () => closed.forEach((details) => {
        details.open = false;
    }), {once: true});
}

function start() {
    view.language = firstLanguage();
    try {
        view.data = JSON.parse(document.getElementById("data").textContent);
        if (view.data.schema === "mmgrade/result/v1") {
            view.data = [view.data];
        }
        view.draw = drawerOf(view.data);
    } catch (error) {
        document.getElementById("page").append(
            h("p", {role: "alert"}, say("unreadable", error.message)));
        return;
    }
    redraw();
    openNamed();
    addEventListener("hashchange", openNamed);
    addEventListener("beforeprint", openForPrint);
}

start();
