/*
 * Workflow commands: escaping and quoting.
 */
#include "workflow.h"

#include <stdbool.h>
#include <string.h>
#include <openssl/rand.h>

#define TOKEN_RANDOM ((WORKFLOW_TOKEN_BYTES - 1) / 2)

static void print_escaped(FILE *out, const char *text, const char *special)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(special, *c)) {
            fprintf(out, "%%%02X", (unsigned)(unsigned char)*c);
        } else {
            putc(*c, out);
        }
    }
}

void workflow_print_data(FILE *out, const char *text)
{
    print_escaped(out, text, "%\r\n");
}

void workflow_print_property(FILE *out, const char *text)
{
    print_escaped(out, text, "%\r\n:,");
}

int workflow_begin_quote(FILE *out, char token[WORKFLOW_TOKEN_BYTES],
                         struct error *err)
{
    unsigned char random[TOKEN_RANDOM];

    if (RAND_bytes(random, sizeof(random)) != 1) {
        return fail(err, ERROR_INFRA, "there is no randomness for a token");
    }
    for (size_t i = 0; i < sizeof(random); i++) {
        snprintf(token + 2 * i, 3, "%02x", random[i]);
    }
    fprintf(out, "::stop-commands::%s\n", token);
    return 0;
}

void workflow_end_quote(FILE *out, const char *token)
{
    fprintf(out, "::%s::\n", token);
}

/*
 * GitHub's runner strips every blank of Unicode from a line and may compare
 * without characters of no width; what isn't ASCII counts as either.
 */
static bool is_passed_over(char c)
{
    return c == ' ' || c == '\t' || (unsigned char)c >= 0x7f;
}

void workflow_print_defused(FILE *out, const char *text)
{
    bool blank = true; /* so far in this line */

    for (const char *c = text; *c != '\0'; c++) {
        if (blank && c[0] == ':' && c[1] == ':') {
            fputs(": ", out);
            blank = false;
        } else if (strncmp(c, "##[", 3) == 0) {
            fputs("## ", out);
            c++;
            blank = false;
        } else {
            putc(*c, out);
            blank = *c == '\n' || *c == '\r' || (blank && is_passed_over(*c));
        }
    }
}
