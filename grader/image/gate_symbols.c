/*
 * The gate's view of symbols: their kinds, and the names that cross the
 * component's border.
 */
#include "gate_object.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A library function that gcc calls for 64-bit arithmetic on 32 bits. */
static const char *const arithmetic[] = {
    "__udivdi3",    "__umoddi3",   "__divdi3", "__moddi3",
    "__udivmoddi4", "__divmoddi4", NULL};

static bool listed(const char *name, const char *const *list)
{
    for (; list != NULL && *list != NULL; list++) {
        if (strcmp(name, *list) == 0)
            return true;
    }
    return false;
}

static int refuse(const char *name, const char *why, struct error *err)
{
    return fail(err, ERROR_REJECTED, "Symbol \"%.*s\" %s.", GATE_NAME_MAX, name,
                why);
}

static int check_kind(const char *name, const GElf_Sym *symbol,
                      struct error *err)
{
    switch (GELF_ST_BIND(symbol->st_info)) {
    case STB_LOCAL:
    case STB_GLOBAL:
        break;
    case STB_WEAK:
        return refuse(name, "is weak: leave out __attribute__((weak))", err);
    default:
        return refuse(name, "has a binding that is not allowed", err);
    }
    switch (GELF_ST_TYPE(symbol->st_info)) {
    case STT_NOTYPE:
    case STT_OBJECT:
    case STT_FUNC:
    case STT_SECTION:
    case STT_FILE:
        return 0;
    case STT_TLS:
        return refuse(name,
                      "is thread-local (__thread): that doesn't exist in a "
                      "kernel",
                      err);
    case STT_GNU_IFUNC:
        return refuse(name, "is an indirect function (ifunc)", err);
    default:
        return refuse(name, "has a type that is not allowed", err);
    }
}

static int check_place(const struct gate_object *object, const char *name,
                       const GElf_Sym *symbol, struct error *err)
{
    bool is_file = GELF_ST_TYPE(symbol->st_info) == STT_FILE;

    switch (symbol->st_shndx) {
    case SHN_UNDEF:
        return 0;
    case SHN_ABS:
        return is_file ? 0 : refuse(name, "has an absolute address", err);
    case SHN_COMMON:
        return refuse(name, "is a common symbol: give it a value", err);
    default:
        if (symbol->st_shndx >= object->nsections)
            return refuse(name, "is in a section that doesn't exist", err);
        return 0;
    }
}

/* Letters that a C identifier can have, and the dots that gcc adds. */
static bool plain_name(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                "0123456789_.")] == '\0';
}

static int check_import(const char *name, const struct gate_policy *policy,
                        struct error *err)
{
    if (policy->imports == NULL || listed(name, policy->imports) ||
        listed(name, policy->exports))
        return 0;
    if (listed(name, arithmetic))
        return fail(err, ERROR_REJECTED,
                    "\"%s\" is needed for 64-bit division or remainder, which "
                    "this kernel doesn't have: use 32-bit types or shifts.",
                    name);
    return fail(err, ERROR_REJECTED,
                "\"%.*s\" is used but not defined, and is not among the "
                "functions and variables that this file may use.",
                GATE_NAME_MAX, name);
}

static int check_export(const char *name, const struct gate_policy *policy,
                        struct error *err)
{
    if (listed(name, policy->given))
        return refuse(name,
                      "is defined here, but the kernel gives it: use the "
                      "kernel's",
                      err);
    if (policy->exports != NULL && !listed(name, policy->exports))
        return refuse(name, "must be static: it is not part of the contract",
                      err);
    return 0;
}

static int check_name(const char *name, const GElf_Sym *symbol,
                      const struct gate_policy *policy, struct error *err)
{
    if (GELF_ST_BIND(symbol->st_info) == STB_LOCAL)
        return symbol->st_shndx != SHN_UNDEF
                   ? 0
                   : refuse(name, "is local but not defined", err);
    if (!plain_name(name))
        return refuse(name, "is not a C identifier", err);
    if (symbol->st_shndx == SHN_UNDEF)
        return check_import(name, policy, err);
    return check_export(name, policy, err);
}

static int check_symbol(const struct gate_object *object,
                        const struct gate_policy *policy,
                        const GElf_Sym *symbol, struct error *err)
{
    const char *name = elf_strptr(object->elf, object->names, symbol->st_name);
    int rc;

    if (name == NULL)
        return fail(err, ERROR_REJECTED,
                    "The object's symbol table is broken.");
    rc = check_kind(name, symbol, err);
    if (rc == 0)
        rc = check_place(object, name, symbol, err);
    if (rc == 0)
        rc = check_name(name, symbol, policy, err);
    return rc;
}

/* True if the object has a global function or variable of that name. */
static bool defines(const struct gate_object *object, Elf_Data *data,
                    const char *wanted)
{
    for (size_t i = 1; i < object->nsymbols; i++) {
        GElf_Sym symbol;
        const char *name;
        if (gelf_getsym(data, (int)i, &symbol) == NULL ||
            symbol.st_shndx == SHN_UNDEF ||
            GELF_ST_BIND(symbol.st_info) != STB_GLOBAL)
            continue;
        name = elf_strptr(object->elf, object->names, symbol.st_name);
        if (name != NULL && strcmp(name, wanted) == 0)
            return true;
    }
    return false;
}

/* All that is missing in one sentence: "a, b and c are missing". */
static int check_complete(const struct gate_object *object, Elf_Data *data,
                          const char *const *exports, struct error *err)
{
    char missing[700] = "";
    size_t count = 0, used = 0;

    for (; exports != NULL && *exports != NULL; exports++) {
        const char *comma = count > 0 ? ", " : "";
        size_t n = strlen(comma) + strlen(*exports);
        if (defines(object, data, *exports) || used + n >= sizeof missing)
            continue;
        snprintf(missing + used, n + 1, "%s%s", comma, *exports);
        used += n;
        count++;
    }
    if (count == 0)
        return 0;
    return fail(err, ERROR_REJECTED,
                "%s %s missing: the kernel calls %s. A function that is not "
                "written yet keeps the body that the skeleton gives it, and "
                "none of them may be static.",
                missing, count == 1 ? "is" : "are", count == 1 ? "it" : "them");
}

int gate_symbols(const struct gate_object *object,
                 const struct gate_policy *policy, struct error *err)
{
    Elf_Data *data = elf_getdata(object->symtab, NULL);

    if (data == NULL || data->d_buf == NULL)
        return fail(err, ERROR_REJECTED,
                    "The object's symbol table is broken.");
    /* Symbol 0 is the null symbol. */
    for (size_t i = 1; i < object->nsymbols; i++) {
        GElf_Sym symbol;
        int rc;
        if (gelf_getsym(data, (int)i, &symbol) == NULL)
            return fail(err, ERROR_REJECTED,
                        "The object's symbol table is broken.");
        rc = check_symbol(object, policy, &symbol, err);
        if (rc != 0)
            return rc;
    }
    if (!policy->complete)
        return 0;
    return check_complete(object, data, policy->exports, err);
}
