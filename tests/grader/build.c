/*
 * Building: what becomes of good, broken and hostile sources.
 */
#include "building.h"

TestSuite(build, .init = setup, .fini = teardown, .timeout = 120);

/*
 * Good sources.
 */

Test(build, good_source_becomes_an_image)
{
    expect_built(GOOD);
    cr_assert(access(build.image, R_OK) == 0, "the image exists");
    cr_assert(has_symbol(build.symbols, "take"), "kernel.elf has symbols");
    cr_assert(!has_symbol(build.image, "take"), "the image is stripped");
}

Test(build, missing_file_is_the_skeletons)
{
    expect_built(NULL);
}

Test(build, compilers_own_headers_are_there)
{
    expect_built("#include <stdarg.h>\n#include <stddef.h>\n"
                 "#include <stdbool.h>\n" GOOD);
}

Test(build, warnings_are_shown_with_the_students_path)
{
    expect_built(GOOD "static int unused;\n");
    cr_assert(strstr(build.messages, "mm/one.c:10:12: warning:") != NULL,
              "saw: %s", build.messages);
}

Test(build, helper_with_a_given_functions_name_stays_local)
{
    char *elf = path_of("work/kernel.elf");
    expect_built(GOOD "int agent_state = 1;\n");
    cr_assert(has_symbol(elf, "agent_state"), "both are there");
    free(elf);
}

/* Builds with a seed and keeps the work folder as `name`. */
static void build_with_seed(unsigned char first, const char *name)
{
    char *work = path_of("work"), *kept = path_of(name);

    memset(seed, first, sizeof seed);
    build_free(&build);
    expect_built(GOOD);
    cr_assert(rename(work, kept) == 0 && mkdir(work, 0700) == 0, "kept as %s",
              kept);
    free(work);
    free(kept);
}

static bool same_image(const char *a, const char *b)
{
    char *command = NULL;
    bool same;

    cr_assert(asprintf(&command, "cmp -s %s/%s/kernel %s/%s/kernel", folder, a,
                       folder, b) > 0,
              "out of memory");
    same = system(command) == 0;
    free(command);
    return same;
}

Test(build, same_seed_gives_the_same_image)
{
    build_with_seed(1, "first");
    build_with_seed(1, "second");
    cr_assert(same_image("first", "second"), "two builds of the same differ");
}

Test(build, other_seeds_give_another_order)
{
    build_with_seed(1, "first");
    build_with_seed(2, "second");
    build_with_seed(77, "third");
    cr_assert(!same_image("first", "second") || !same_image("first", "third"),
              "objects are not shuffled");
}

Test(build, without_a_sandbox_the_image_is_the_same)
{
    build_with_seed(1, "first");
    mode = SANDBOX_NONE;
    build_with_seed(1, "second");
    cr_assert(same_image("first", "second"), "the two differ");
}

/*
 * Broken ones.
 */

Test(build, compiler_error_names_file_and_line)
{
    expect_failed("int take(int n)\n{\n    return n\n}\n",
                  "mm/one.c:3:13: error: expected");
}

Test(build, missing_function_is_named)
{
    expect_failed("int take(int n)\n{\n    return n;\n}\n",
                  "mm/one.c: give is missing: the kernel calls it");
}

Test(build, static_export_is_missing)
{
    expect_failed("int give(int n)\n{\n    return n;\n}\n"
                  "static int take(int n)\n{\n    return n;\n}\n"
                  "int (*p)(int) = take;\n",
                  "take is missing");
}

Test(build, sixty_four_bit_division_is_explained)
{
    expect_gate_refuses("unsigned long long a, b;\n"
                        "unsigned long long d(void) { return a / b; }",
                        "64-bit division");
}

Test(build, missing_given_list_is_our_fault)
{
    char *list = path_of("kit/build/kernel/given.list");
    cr_assert(unlink(list) == 0, "removed");
    cr_assert(build_text(GOOD) == ERROR_INFRA, "not the student's fault");
    cr_assert(strstr(err.message, "given.list") != NULL, "saw: %s",
              err.message);
    free(list);
}

/*
 * Hostile ones: sources.
 */

/* The message without its first quoted name. */
static void blank_name(char *text, const char *name)
{
    char *at = strstr(text, name);
    cr_assert(at != NULL, "the name %s is in: %s", name, text);
    memset(at, '?', strlen(name));
}

Test(build, hidden_path_looks_like_a_missing_one)
{
    char *hidden = path_of("kit/hidden.c"), *absent = path_of("kit/absent.c");
    char *source = NULL, *first, *command = NULL;

    cr_assert(strlen(hidden) == strlen(absent), "names of one length");
    cr_assert(asprintf(&source, "#include \"%s\"\n", hidden) > 0, "memory");
    expect_failed(source, "mm/one.c:1:10: fatal error");
    free(source);
    blank_name(build.messages, hidden);
    first = strdup(build.messages);
    build_free(&build);
    cr_assert(asprintf(&command, "rm -r %s/work && mkdir %s/work", folder,
                       folder) > 0 &&
                  system(command) == 0,
              "emptied");
    cr_assert(asprintf(&source, "#include \"%s\"\n", absent) > 0, "memory");
    expect_failed(source, "mm/one.c:1:10: fatal error");
    blank_name(build.messages, absent);
    cr_assert(strcmp(first, build.messages) == 0,
              "the text for a hidden file: %sand for a missing one: %s", first,
              build.messages);
    free(source);
    free(first);
    free(command);
    free(hidden);
    free(absent);
}

Test(build, relative_path_leads_nowhere)
{
    expect_failed("#include \"../../hidden.c\"\n",
                  "mm/one.c:1:10: fatal error");
}

Test(build, incbin_of_a_host_file_fails)
{
    expect_gate_refuses("asm(\".incbin \\\"/etc/passwd\\\"\");", "/etc/passwd");
}

Test(build, self_include_ends)
{
    expect_failed("#include \"one.c\"\n", "mm/one.c");
}

Test(build, macro_bomb_hits_a_limit)
{
    char *source = NULL;
    size_t nbytes = 0;
    FILE *f = open_memstream(&source, &nbytes);

    fprintf(f, "#define A0 x+\n");
    for (int i = 1; i <= 40; i++)
        fprintf(f, "#define A%d A%d A%d\n", i, i - 1, i - 1);
    fprintf(f, "int y = A40 0;\n");
    fclose(f);
    expect_failed(source, "mm/one.c: LIMIT: the compiler was stopped");
    cr_assert(strstr(build.messages, "bug report") == NULL, "saw: %s",
              build.messages);
    free(source);
}

Test(build, initialised_array_of_a_gigabyte_hits_a_limit)
{
    expect_gate_refuses("char a[1u << 30] = {1};", "LIMIT");
}

Test(build, array_of_two_gigabytes_fails)
{
    expect_gate_refuses("char a[1u << 31] = {1};", "mm/one.c:");
}

Test(build, zeroed_gigabyte_is_too_large)
{
    expect_gate_refuses("char a[1u << 30];", "more than 1 MiB of memory");
}

Test(build, repeated_assembly_hits_a_limit)
{
    expect_gate_refuses("asm(\".rept 1000000000\\n nop\\n.endr\");",
                        "mm/one.c");
}

Test(build, deep_parentheses_end)
{
    enum {
        DEPTH = 300000
    };
    char *source = NULL, *open = malloc(DEPTH + 1), *closed = malloc(DEPTH + 1);

    memset(open, '(', DEPTH);
    memset(closed, ')', DEPTH);
    open[DEPTH] = closed[DEPTH] = '\0';
    cr_assert(asprintf(&source, "int x = %s1%s;\n", open, closed) > 0,
              "out of memory");
    free(open);
    free(closed);
    expect_failed(source, "mm/one.c");
    cr_assert(strstr(build.messages, "bug report") == NULL, "saw: %s",
              build.messages);
    free(source);
}

Test(build, control_characters_in_messages_are_escaped)
{
    expect_failed("#error \x1b[31m<script>\xff\n", "<script>");
    cr_assert(strchr(build.messages, '\x1b') == NULL, "no ESC");
    cr_assert(strstr(build.messages, "\xff") == NULL, "no bad UTF-8");
}

Test(build, printing_assembler_scores_nothing)
{
    expect_built(GOOD "asm(\".print \\\"PASS\\\"\");\n");
}

Test(build, line_directive_cannot_blame_the_sandbox)
{
    expect_failed("#line 1 \"bwrap: no\"\n#error x\n", "bwrap: no:1:2: error");
}

/*
 * Hostile ones: objects.
 */

Test(build, constructor_is_refused)
{
    expect_gate_refuses(
        "int up;\n"
        "__attribute__((constructor)) void c(void) { up = service(1); }",
        "Constructors and destructors are not run");
}

Test(build, indirect_function_is_refused)
{
    expect_gate_refuses("static void f(void) {}\n"
                        "static void *r(void) { return f; }\n"
                        "void g(void) __attribute__((ifunc(\"r\")));",
                        "(ifunc)");
}

Test(build, weak_symbol_is_refused)
{
    expect_gate_refuses("__attribute__((weak)) int w(void) { return 1; }",
                        "Symbol \"w\" is weak");
}

Test(build, comdat_group_is_refused)
{
    expect_gate_refuses(
        "asm(\".section .text.c,\\\"axG\\\",@progbits,c,comdat\\n"
        "nop\\n.text\");",
        "not allowed");
}

Test(build, own_section_is_refused)
{
    expect_gate_refuses("__attribute__((section(\".mine\"))) int m = 1;",
                        "Section \".mine\" is not allowed");
}

Test(build, boot_section_is_refused)
{
    expect_gate_refuses(
        "__attribute__((section(\".head.text\"))) void m(void) {}",
        "Section \".head.text\" is not allowed");
}

Test(build, first_text_section_is_refused)
{
    expect_gate_refuses(
        "__attribute__((section(\".text.first\"))) void m(void) {}",
        "Section \".text.first\" is not allowed");
}

Test(build, linker_warning_section_is_refused)
{
    expect_gate_refuses("asm(\".section .gnu.warning.take\\n"
                        ".string \\\"boo\\\"\\n.text\");",
                        "not allowed");
}

Test(build, writable_code_is_refused)
{
    expect_gate_refuses(
        "asm(\".section .debug_info2,\\\"awx\\\"\\nnop\\n.text\");",
        "not allowed");
}

Test(build, allocated_debug_section_is_refused)
{
    expect_gate_refuses(
        "asm(\".section .debug_frame,\\\"ax\\\"\\nnop\\n.text\");", "flags");
}

Test(build, thread_local_variable_is_refused)
{
    expect_gate_refuses("__thread int t = 1;", "hread-local");
}

Test(build, absolute_symbol_is_refused)
{
    expect_gate_refuses("asm(\".globl at\\n.set at, 0x1234\");",
                        "Symbol \"at\" has an absolute address");
}

Test(build, common_symbol_is_refused)
{
    expect_gate_refuses("asm(\".comm shared, 4, 4\");",
                        "Symbol \"shared\" is a common symbol");
}

Test(build, wide_alignment_is_refused)
{
    expect_gate_refuses("__attribute__((aligned(8192))) int a = 1;",
                        "alignment of 8192");
}

Test(build, reference_internal_cannot_be_called)
{
    expect_gate_refuses("int other(void);\nint s(void) { return other(); }",
                        "\"other\" is used but not defined");
}

Test(build, given_function_cannot_be_defined)
{
    expect_gate_refuses(
        "void *memset(void *p, int c, unsigned n)\n"
        "{ (void)c; (void)n; return p; }",
        "Symbol \"memset\" is defined here, but the kernel gives");
}

Test(build, module_is_an_object_of_its_own)
{
    lab.component.module = true;
    write_text("head.c", "void start(void) {}\n");
    make_object("head.c", "kit/build/kernel/given/boot/head.o");
    expect_built(GOOD);
    cr_assert(build.module != NULL, "there is a module");
    cr_expect(has_symbol(build.module, "take"),
              "it has the contract's symbols");
    cr_expect(!has_symbol(build.symbols, "take"), "the kernel doesn't");
}

/*
 * Faults of ours.
 */

/* The compiler becomes a script that does this in place of compiling. */
static void use_script(const char *does)
{
    char *text = NULL;

    cr_assert(asprintf(&text,
                       "#!/bin/sh\ncase $1 in\n--version|-print*) exec %s "
                       "\"$@\";;\nesac\n%s\n",
                       kit.cc, does) > 0,
              "out of memory");
    write_text("cc.sh", text);
    free(text);
    free(kit.cc);
    kit.cc = path_of("cc.sh");
    cr_assert(chmod(kit.cc, 0755) == 0, "chmod");
    mode = SANDBOX_NONE; /* the script is not inside */
}

static void expect_our_fault(const char *does, const char *words)
{
    use_script(does);
    cr_assert(build_text(GOOD) == ERROR_INFRA, "must be INFRA");
    cr_assert(strstr(err.message, words) != NULL,
              "expected \"%s\" in the sentence, saw: %s", words, err.message);
}

Test(build, compiler_that_is_killed_is_our_fault)
{
    expect_our_fault("kill -KILL $$", "out of memory?");
}

Test(build, part_of_the_compiler_that_is_killed_is_our_fault)
{
    expect_our_fault("echo 'mm/one.c:1:1: warning: odd'\n"
                     "echo 'cc.sh: fatal error: Killed signal terminated "
                     "program cc1'\nexit 1",
                     "Killed signal terminated program cc1");
}

Test(build, compiler_that_refuses_our_options_is_our_fault)
{
    expect_our_fault("echo 'cc.sh: error: unrecognized option'; exit 1",
                     "unrecognized option");
}

/* The tool's name stands in the sentence once, and no newline at its end. */
Test(build, linker_that_fails_is_our_fault)
{
    char *linker = path_of("x-ld");
    char *prefix = path_of("x-");

    write_text("x-ld", "#!/bin/sh\n"
                       "echo \"$0: final link failed: No space left on "
                       "device\"\nexit 1\n");
    cr_assert(chmod(linker, 0755) == 0, "chmod");
    free(kit.cross_compile);
    kit.cross_compile = prefix;
    mode = SANDBOX_NONE; /* the script is not inside */
    cr_assert(build_text(GOOD) == ERROR_INFRA, "must be INFRA");
    char *said = strstr(err.message, "x-ld said: ");
    cr_assert_not_null(said, "saw: %s", err.message);
    cr_expect_str_eq(said, "x-ld said: final link failed: No space left on "
                           "device");
    free(linker);
}

Test(build, compiler_that_used_up_its_time_is_the_files_fault)
{
    use_script("kill -XCPU $$");
    expect_failed(GOOD, "mm/one.c: LIMIT: ");
}
