/*
 * A call of `mmgrade ci`: grades as `grade` does and tells the CI platform what
 * came out. Prints, as commands do; cmd_ci.c has the command line.
 */
#ifndef GRADER_CI_H
#define GRADER_CI_H

#include "session.h"

enum ci_platform {
    CI_NONE,   /* plain output */
    CI_GITHUB, /* log groups, annotations, summary, outputs */
    CI_GITLAB, /* log sections */
    CI_FORGEJO /* also Gitea: as GitHub, but it shows no annotations */
};

struct ci_options {
    struct session_options session; /* first; session.out is set */
    enum ci_platform platform;
    const char *language; /* "en", "zh" */
};

/* What the environment says: $GITHUB_ACTIONS, $GITLAB_CI, … */
enum ci_platform ci_detect(void);

/*
 * Prints "mmgrade ci: sentence" so that no platform takes anything in it for a
 * command; to GitHub as an error of the job. The exit code.
 */
int ci_failed(enum ci_platform platform, const struct error *err);

/* For guard_run(); `argument` is a struct ci_options. The exit code. */
int ci_run(const char *work, void *argument);

#endif
