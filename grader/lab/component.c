/*
 * components.yaml: its schema, checks that a schema can't express, and the
 * move into struct component, where `uses` has become the symbols to import.
 */
#include "component.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cyaml/cyaml.h>
#include "folder.h"

#define NAME_MAX_BYTES 100
#define ENTRIES_MAX    1000 /* components, files, symbols */
#define SCRIPT         "skeleton/boot/kernel.lds"
#define SCRIPT_BYTES   (1024 * 1024)
#define KSYMS          "skeleton/kernel/ksyms.c"
#define THIS_MODULE    "__this_module" /* the loader's to define */

struct component_entry {
    char *name;
    char **files;
    unsigned nfiles;
    char **exports;
    unsigned nexports;
    char **uses;
    unsigned nuses;
    char **services; /* instead of those of all components; or NULL */
    unsigned nservices;
    char **components; /* that it is made of, instead of the lists above */
    unsigned ncomponents;
    bool module;
};

struct components_file {
    char **services;
    unsigned nservices;
    struct component_entry *components;
    unsigned ncomponents;
};

static const cyaml_schema_value_t word_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, NAME_MAX_BYTES),
};

/* A list of at least `min` words; check_keys() says which lists are needed. */
#define OPTIONAL_WORDS(key, member, min)                                       \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,  \
                               struct component_entry, member, n##member,      \
                               &word_schema, min, ENTRIES_MAX)

static const cyaml_schema_field_t component_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct component_entry,
                           name, 1, NAME_MAX_BYTES),
    OPTIONAL_WORDS("files", files, 1),
    OPTIONAL_WORDS("exports", exports, 1),
    OPTIONAL_WORDS("uses", uses, 0),
    OPTIONAL_WORDS("services", services, 0),
    OPTIONAL_WORDS("components", components, 2),
    CYAML_FIELD_BOOL("module", CYAML_FLAG_OPTIONAL, struct component_entry,
                     module),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t component_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct component_entry,
                        component_fields),
};

static const cyaml_schema_field_t components_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("services", CYAML_FLAG_POINTER,
                               struct components_file, services, nservices,
                               &word_schema, 0, ENTRIES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("components", CYAML_FLAG_POINTER,
                               struct components_file, components, ncomponents,
                               &component_schema, 1, ENTRIES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t components_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct components_file,
                        components_fields),
};

/* A relative path that stays below its root. */
static bool is_relative_path(const char *path)
{
    bool valid = path[0] != '/' && path[strlen(path) - 1] != '/';

    for (const char *part = path; valid && part; part = strchr(part, '/')) {
        part += part != path;
        size_t n = strcspn(part, "/");
        valid =
            n > 0 && strncmp(part, ".", n) != 0 && strncmp(part, "..", n) != 0;
    }
    return valid;
}

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the components: out of memory");
}

static const struct component_entry *
find_component(const struct components_file *file, const char *name)
{
    for (size_t i = 0; i < file->ncomponents; i++) {
        if (strcmp(file->components[i].name, name) == 0) {
            return &file->components[i];
        }
    }
    return NULL;
}

int words_append(char ***array, char *const *words, size_t nwords,
                 struct error *err)
{
    size_t count = 0;

    while (*array && (*array)[count]) {
        count++;
    }
    char **grown = reallocarray(*array, count + nwords + 1, sizeof(**array));
    if (!grown) {
        return out_of_memory(err);
    }
    *array = grown;
    grown[count] = NULL;
    for (size_t i = 0; i < nwords; i++) {
        grown[count + i] = strdup(words[i]);
        grown[count + i + 1] = NULL;
        if (!grown[count + i]) {
            return out_of_memory(err);
        }
    }
    return 0;
}

/* Which keys go together: those of a part, or those of what is made of parts.
 */
static int check_keys(const struct config *config,
                      const struct component_entry *entry, size_t index,
                      struct error *err)
{
    const char *missing = !entry->files     ? "files"
                          : !entry->exports ? "exports"
                                            : NULL;
    char place[64];

    snprintf(place, sizeof(place), "components[%zu]", index + 1);
    if (entry->components && (entry->files || entry->exports || entry->nuses ||
                              entry->services || entry->module)) {
        return config_fail(config, place, err,
                           "the component '%s' is made of others, so it has "
                           "no other key than 'components'",
                           entry->name);
    }
    if (!entry->components && missing) {
        return config_fail(config, place, err, "the key '%s' is missing",
                           missing);
    }
    return 0;
}

/* Why an entry can't be the i-th part of another; or NULL. */
static const char *object_to_part(const struct components_file *file,
                                  const struct component_entry *entry, size_t i)
{
    const struct component_entry *part =
        find_component(file, entry->components[i]);

    if (part->components) {
        return "made of others itself";
    }
    for (size_t k = 0; k < i; k++) {
        if (strcmp(entry->components[k], entry->components[i]) == 0) {
            return "one already";
        }
        if (part->module &&
            find_component(file, entry->components[k])->module) {
            return "its second module";
        }
    }
    return NULL;
}

/* What a component is made of: parts, none of them twice, at most one that the
 * kernel loads. */
static int check_parts(const struct config *config,
                       const struct components_file *file, size_t index,
                       struct error *err)
{
    const struct component_entry *entry = &file->components[index];
    char place[64];

    for (size_t i = 0; i < entry->ncomponents; i++) {
        const char *name = entry->components[i];
        const char *objection = NULL;

        snprintf(place, sizeof(place), "components[%zu].components[%zu]",
                 index + 1, i + 1);
        if (!find_component(file, name)) {
            return config_fail(config, place, err, "there is no component '%s'",
                               name);
        }
        objection = object_to_part(file, entry, i);
        if (objection) {
            return config_fail(config, place, err,
                               "'%s' can't be a part of '%s': it is %s", name,
                               entry->name, objection);
        }
    }
    return 0;
}

static int check_component(const struct config *config,
                           const struct components_file *file, size_t index,
                           struct error *err)
{
    const struct component_entry *entry = &file->components[index];
    char place[64];

    if (find_component(file, entry->name) != entry) {
        snprintf(place, sizeof(place), "components[%zu].name", index + 1);
        return config_fail(config, place, err,
                           "the component '%s' is described twice",
                           entry->name);
    }
    if (check_keys(config, entry, index, err) != 0) {
        return ERROR_USAGE;
    }
    for (size_t i = 0; i < entry->nfiles; i++) {
        snprintf(place, sizeof(place), "components[%zu].files[%zu]", index + 1,
                 i + 1);
        if (!is_relative_path(entry->files[i])) {
            return config_fail(config, place, err,
                               "'%s' is not a path below the skeleton",
                               entry->files[i]);
        }
    }
    for (size_t i = 0; i < entry->nuses; i++) {
        snprintf(place, sizeof(place), "components[%zu].uses[%zu]", index + 1,
                 i + 1);
        if (!find_component(file, entry->uses[i])) {
            return config_fail(config, place, err, "there is no component '%s'",
                               entry->uses[i]);
        }
    }
    return check_parts(config, file, index, err);
}

static int copy_part(const struct components_file *file,
                     const struct component_entry *entry,
                     struct component *component, struct error *err)
{
    int rc = 0;

    component->name = strdup(entry->name);
    if (!component->name) {
        return out_of_memory(err);
    }
    rc = words_append(&component->files, entry->files, entry->nfiles, err);
    if (rc == 0) {
        rc = words_append(&component->exports, entry->exports, entry->nexports,
                          err);
    }
    component->module = entry->module;
    if (rc == 0) {
        rc = entry->services
                 ? words_append(&component->imports, entry->services,
                                entry->nservices, err)
                 : words_append(&component->imports, file->services,
                                file->nservices, err);
    }
    for (size_t i = 0; rc == 0 && i < entry->nuses; i++) {
        const struct component_entry *used =
            find_component(file, entry->uses[i]);
        rc = words_append(&component->imports, used->exports, used->nexports,
                          err);
    }
    return rc;
}

/* The parts; files and exports of all of them become the whole's. */
static int copy_parts(const struct components_file *file,
                      const struct component_entry *entry,
                      struct component *component, struct error *err)
{
    int rc = 0;

    component->name = strdup(entry->name);
    component->parts = calloc(entry->ncomponents, sizeof(*component->parts));
    if (!component->name || !component->parts) {
        return out_of_memory(err);
    }
    component->nparts = entry->ncomponents;
    rc = words_append(&component->imports, NULL, 0, err);
    for (size_t i = 0; rc == 0 && i < component->nparts; i++) {
        const struct component_entry *part =
            find_component(file, entry->components[i]);

        rc = copy_part(file, part, &component->parts[i], err);
        if (rc == 0) {
            rc =
                words_append(&component->files, part->files, part->nfiles, err);
        }
        if (rc == 0) {
            rc = words_append(&component->exports, part->exports,
                              part->nexports, err);
        }
    }
    return rc;
}

static int copy_component(const struct components_file *file,
                          const struct component_entry *entry,
                          struct component *component, struct error *err)
{
    return entry->components ? copy_parts(file, entry, component, err)
                             : copy_part(file, entry, component, err);
}

int component_read(const char *assignments, const struct config *config,
                   const char *name, struct component *component,
                   struct error *err)
{
    struct config *components = NULL;
    struct components_file *file = NULL;
    char *path = NULL;
    int rc = path_join(assignments, "components.yaml", &path, err);

    if (rc == 0) {
        rc = config_open(path, "docs/lab.md", &components, err);
    }
    if (rc == 0) {
        rc = config_load(components, &components_schema, (void **)&file, err);
    }
    for (size_t i = 0; rc == 0 && i < file->ncomponents; i++) {
        rc = check_component(components, file, i, err);
    }
    if (rc == 0) {
        const struct component_entry *entry = find_component(file, name);
        rc = entry
                 ? copy_component(file, entry, component, err)
                 : config_fail(config, "component", err,
                               "there is no component '%s' in %s", name, path);
    }
    config_free(&components_schema, file);
    config_close(components);
    free(path);
    return rc;
}

/* --- the kernel's linker script --------------------------------------------
 */

/* Every run of blanks becomes one, in place: lines may be folded. */
static void collapse_blanks(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        bool blank = isspace((unsigned char)*from);
        if (!blank) {
            *to++ = *from;
        } else if (to > text && to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    *to = '\0';
}

/* True if the script asserts the export in the name of one of the files. */
static bool demands(const char *script, const struct component *component,
                    const char *name)
{
    char line[4 * NAME_MAX_BYTES + sizeof("ASSERT(DEFINED() is missing")];
    bool found = false;

    for (size_t i = 0; !found && component->files[i]; i++) {
        snprintf(line, sizeof(line),
                 "ASSERT(DEFINED(%s), \"%s: %s is missing\")", name,
                 component->files[i], name);
        found = strstr(script, line) != NULL;
    }
    return found;
}

/* The script must demand all exports. */
static int check_exports(const char *script, const struct component *component,
                         struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && component->exports[i]; i++) {
        const char *name = component->exports[i];
        if (!demands(script, component, name)) {
            rc = fail(err, ERROR_USAGE,
                      "%s: the component %s exports %s, which nothing demands; "
                      "add: ASSERT(DEFINED(%s), \"%s: %s is missing\")",
                      SCRIPT, component->name, name, name, component->files[0],
                      name);
        }
    }
    return rc;
}

/* The kernel must export what the module may use. */
static int check_imports(const char *ksyms, const struct component *component,
                         struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && component->imports[i]; i++) {
        const char *name = component->imports[i];
        char line[NAME_MAX_BYTES + sizeof("EXPORT_SYMBOL();")];
        snprintf(line, sizeof(line), "EXPORT_SYMBOL(%s);", name);
        if (strcmp(name, THIS_MODULE) != 0 && !strstr(ksyms, line)) {
            rc = fail(err, ERROR_USAGE,
                      "%s: the module %s may use %s, which the kernel doesn't "
                      "export; add: %s",
                      KSYMS, component->name, name, line);
        }
    }
    return rc;
}

/* The same of a part. */
static int check_script(const char *root, const struct component *component,
                        struct error *err)
{
    char *path = NULL;
    char *text = NULL;
    size_t nbytes = 0;
    int rc = path_join(root, component->module ? KSYMS : SCRIPT, &path, err);

    if (rc == 0) {
        rc = file_read(path, SCRIPT_BYTES, &text, &nbytes, err);
    }
    if (rc == 0) {
        collapse_blanks(text);
        rc = component->module ? check_imports(text, component, err)
                               : check_exports(text, component, err);
    }
    free(text);
    free(path);
    return rc;
}

int component_check_script(const char *root, const struct component *component,
                           struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < component_count(component); i++) {
        rc = check_script(root, component_part(component, i), err);
    }
    return rc;
}

void words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++) {
        free(words[i]);
    }
    free(words);
}

size_t component_count(const struct component *component)
{
    return component->parts ? component->nparts : 1;
}

const struct component *component_part(const struct component *component,
                                       size_t i)
{
    return component->parts ? &component->parts[i] : component;
}

size_t component_nfiles(const struct component *component)
{
    size_t n = 0;

    while (component->files[n]) {
        n++;
    }
    return n;
}

size_t component_module(const struct component *component)
{
    size_t i = 0;

    while (i < component_count(component) &&
           !component_part(component, i)->module) {
        i++;
    }
    return i;
}

void component_free(struct component *component)
{
    for (size_t i = 0; i < component->nparts; i++) {
        component_free(&component->parts[i]);
    }
    free(component->parts);
    free(component->name);
    words_free(component->files);
    words_free(component->exports);
    words_free(component->imports);
}
