/*
 * Folds, by utf8proc.
 */
#include "fold.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include "text.h"

/* Compatibility forms composed, case folded, invisible characters dropped. */
#define FOLD_OPTIONS                                                           \
    (UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |                    \
     UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't compare names: out of memory");
}

/* True for what separates words: blanks of every kind. */
static bool is_blank(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);

    return category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || category == UTF8PROC_CATEGORY_CC;
}

static bool is_letter(utf8proc_int32_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

/* Copies what is kept of a folded text to its own beginning. */
static void squeeze(char *text, bool letters_only)
{
    const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)text;
    char *to = text;
    bool blank = false;

    while (*from) {
        utf8proc_int32_t point = 0;
        utf8proc_ssize_t n = utf8proc_iterate(from, -1, &point);
        n = n > 0 ? n : 1;
        if (is_blank(point)) {
            blank = true;
        } else if (!letters_only || is_letter(point)) {
            if (blank && !letters_only && to > text) {
                *to++ = ' ';
            }
            blank = false;
            memmove(to, from, (size_t)n);
            to += n;
        }
        from += n;
    }
    *to = '\0';
}

static int fold(const char *text, size_t nbytes, bool letters_only, char **out,
                struct error *err)
{
    utf8proc_uint8_t *folded = NULL;
    /* utf8proc refuses what isn't UTF-8; it never grows over eight times. */
    char *valid = text_sanitise(text, nbytes, nbytes * 8 + 1);

    *out = NULL;
    if (!valid) {
        return out_of_memory(err);
    }
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)valid,
                     (utf8proc_ssize_t)strlen(valid), &folded, FOLD_OPTIONS);
    free(valid);
    if (n < 0) {
        return out_of_memory(err);
    }
    squeeze((char *)folded, letters_only);
    *out = (char *)folded;
    return 0;
}

int fold_text(const char *text, size_t nbytes, char **out, struct error *err)
{
    return fold(text, nbytes, false, out, err);
}

int fold_letters(const char *text, size_t nbytes, char **out, struct error *err)
{
    return fold(text, nbytes, true, out, err);
}
