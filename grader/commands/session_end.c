/*
 * What a session ends with: the exit code, and on stderr why it isn't 0.
 */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"
#include "workflow.h"

#define SENTENCE_BYTES_MAX 1000

/* True if a fault of ours left points open that were asked for. */
static bool is_fault(const struct session *session, const struct result *result)
{
    /* With --only, points of other tests are undecided on purpose. */
    return result_count(result, TEST_INFRA_ERROR) > 0 ||
           (!result->graded && !session->options->only);
}

static bool is_below(const struct session *session, const struct result *result)
{
    const struct session_options *options = session->options;

    return result->refused.kind == ERROR_NONE && !is_fault(session, result) &&
           options->has_min_score && result->score < options->min_score;
}

int session_exit_code(const struct session *session)
{
    bool fault = false, refused = false, below = false;

    for (size_t i = 0; i < session->ngrades; i++) {
        const struct result *result = &session->grades[i]->result;

        fault |= is_fault(session, result);
        refused |= result->refused.kind != ERROR_NONE;
        below |= is_below(session, result);
    }
    if (fault) {
        return EXIT_FAULT;
    }
    if (session->misused) {
        return EXIT_USAGE;
    }
    if (refused) {
        return EXIT_REFUSED;
    }
    return below ? EXIT_NOT_REACHED : EXIT_GRADED;
}

/*
 * "mmgrade: [alice: ]lab1-buddy: sentence". In a CI job it is read for
 * commands, and the sentence may quote a student.
 */
static void tell(const struct session *session, const struct result *result,
                 const char *sentence)
{
    char *clean =
        text_sanitise_line(sentence, strlen(sentence), SENTENCE_BYTES_MAX);
    char *name = session->options->submissions[1]
                     ? session_safe_name(result->where)
                     : NULL;

    fprintf(stderr, "mmgrade: %s%s%s: ", name ? name : "", name ? ": " : "",
            result->lab->name);
    workflow_print_defused(stderr, clean ? clean : "out of memory");
    putc('\n', stderr);
    free(name);
    free(clean);
}

void session_tell_below(const struct session *session)
{
    for (size_t i = 0; i < session->ngrades; i++) {
        const struct result *result = &session->grades[i]->result;
        char sentence[100];

        if (is_below(session, result)) {
            snprintf(sentence, sizeof(sentence),
                     "%u of %u points is below --min-score %u", result->score,
                     result->max, session->options->min_score);
            tell(session, result, sentence);
        }
    }
}

void session_tell_refused(const struct session *session)
{
    for (size_t i = 0; i < session->ngrades; i++) {
        const struct result *result = &session->grades[i]->result;

        if (result->refused.kind != ERROR_NONE || is_fault(session, result)) {
            char *reason = result_reason(result, session->options->audience);
            tell(session, result, reason ? reason : "out of memory");
            free(reason);
        }
    }
}
