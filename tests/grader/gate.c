/*
 * The gate by itself, on objects that no compiler would make: good ones with
 * a few bytes changed, and files that are no objects at all. What a compiler
 * does make of hostile sources is in build.c.
 */
#include "gate.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fixture.h"
#include "process.h"

static const char source[] = "int service(int n);\n"
                             "int table[4] = {1, 2, 3, 4};\n"
                             "const char *name(void) { return \"one\"; }\n"
                             "int take(int n) { return service(table[n]); }\n";

static char *folder;
static char *object; /* its path */
static unsigned char bytes[65536];
static size_t nbytes;
static struct error err;

static const char *const all[] = {"take", "name", "table", NULL};
static const char *const services[] = {"service", "printk", NULL};
static struct gate_policy policy = {
    .exports = all, .imports = services, .given = services, .complete = true};

static void setup(void)
{
    char *file, *cc = process_find("gcc");
    FILE *f;

    folder = fixture_folder();
    fixture_write(folder, "one.c", source, strlen(source));
    file = fixture_path(folder, "one.c");
    object = fixture_path(folder, "one.o");
    char *argv[] = {cc,
                    "-m32",
                    "-ffreestanding",
                    "-fno-pic",
                    "-fno-pie",
                    "-g",
                    "-fno-asynchronous-unwind-tables",
                    "-fcf-protection=none",
                    "-c",
                    file,
                    "-o",
                    object,
                    NULL};
    char *envp[] = {"PATH=/usr/bin", NULL};
    struct process_limits limits = {.wall_seconds = 30, .output_bytes = 4096};
    struct process_result result;
    cr_assert(process_run(argv, envp, &limits, NULL, &result, &err) == 0 &&
                  result.code == 0,
              "the fixture compiles");
    f = fopen(object, "rb");
    cr_assert(f != NULL, "the object is there");
    nbytes = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    free(result.output);
    free(file);
    free(cc);
}

static void teardown(void)
{
    fixture_remove(folder);
    free(folder);
    free(object);
}

TestSuite(gate, .init = setup, .fini = teardown, .timeout = 60);

static Elf32_Ehdr *header(void)
{
    return (Elf32_Ehdr *)bytes;
}

static Elf32_Shdr *section(const char *name)
{
    Elf32_Shdr *table = (Elf32_Shdr *)(bytes + header()->e_shoff);
    const char *names =
        (const char *)bytes + table[header()->e_shstrndx].sh_offset;

    for (size_t i = 1; i < header()->e_shnum; i++) {
        if (strcmp(names + table[i].sh_name, name) == 0)
            return &table[i];
    }
    cr_assert_fail("the fixture has a section %s", name);
    abort();
}

static Elf32_Sym *symbol(const char *name)
{
    Elf32_Shdr *symtab = section(".symtab");
    Elf32_Sym *table = (Elf32_Sym *)(bytes + symtab->sh_offset);
    const char *names = (const char *)bytes + section(".strtab")->sh_offset;

    for (size_t i = 1; i < symtab->sh_size / sizeof *table; i++) {
        if (strcmp(names + table[i].st_name, name) == 0)
            return &table[i];
    }
    cr_assert_fail("the fixture has a symbol %s", name);
    abort();
}

static Elf32_Rel *relocation(void)
{
    return (Elf32_Rel *)(bytes + section(".rel.text")->sh_offset);
}

static int check(void)
{
    fixture_write(folder, "one.o", bytes, nbytes);
    err = (struct error){0};
    return gate_check(object, &policy, &err);
}

static void expect_rejected(const char *words)
{
    int rc = check();
    cr_assert(rc == ERROR_REJECTED, "expected REJECTED, saw %d (%s)", rc,
              err.message);
    cr_assert(strstr(err.message, words) != NULL,
              "expected \"%s\" in the sentence, saw: %s", words, err.message);
}

static void expect_accepted(void)
{
    cr_assert(check() == 0, "must pass, but: %s", err.message);
}

Test(gate, accepts_a_good_object)
{
    expect_accepted();
}

Test(gate, missing_file_is_our_fault)
{
    cr_assert(gate_check("/nonexistent", &policy, &err) == ERROR_INFRA,
              "not the student's fault");
}

Test(gate, linker_script_is_no_object)
{
    static const char script[] = "INPUT(/etc/passwd)\n";
    nbytes = strlen(script);
    memcpy(bytes, script, nbytes);
    expect_rejected("not an ELF object");
}

Test(gate, archive_is_no_object)
{
    memcpy(bytes, "!<arch>\n", 8);
    expect_rejected("not an ELF object");
}

Test(gate, empty_file_is_no_object)
{
    nbytes = 0;
    expect_rejected("not an ELF object");
}

Test(gate, every_truncation_is_rejected)
{
    size_t whole = nbytes;
    for (nbytes = 0; nbytes < whole; nbytes += 7)
        cr_assert(check() == ERROR_REJECTED, "cut at %zu of %zu bytes: %s",
                  nbytes, whole, err.message);
}

/* No verdict is expected: ASan and UBSan watch over this one. */
Test(gate, survives_any_changed_byte)
{
    for (size_t i = 0; i < nbytes; i += 3) {
        unsigned char old = bytes[i];
        int rc;
        bytes[i] ^= 0xff;
        rc = check();
        cr_assert(rc == 0 || rc == ERROR_REJECTED, "byte %zu: %d", i, rc);
        bytes[i] = old;
    }
}

Test(gate, other_machine_is_rejected)
{
    header()->e_machine = EM_ARM;
    expect_rejected("32-bit x86");
}

Test(gate, executable_is_rejected)
{
    header()->e_type = ET_EXEC;
    expect_rejected("relocatable");
}

Test(gate, program_headers_are_rejected)
{
    header()->e_phnum = 1;
    header()->e_phentsize = sizeof(Elf32_Phdr);
    expect_rejected("relocatable");
}

Test(gate, writable_code_is_rejected)
{
    section(".text")->sh_flags |= SHF_WRITE;
    expect_rejected("\".text\" has another type or other flags");
}

Test(gate, executable_data_is_rejected)
{
    section(".data")->sh_flags |= SHF_EXECINSTR;
    expect_rejected("\".data\"");
}

Test(gate, executable_stack_is_rejected)
{
    section(".note.GNU-stack")->sh_flags |= SHF_EXECINSTR;
    expect_rejected("\".note.GNU-stack\"");
}

Test(gate, group_flag_is_rejected)
{
    section(".text")->sh_flags |= SHF_GROUP;
    expect_rejected("COMDAT");
}

Test(gate, compressed_debug_information_is_rejected)
{
    section(".debug_info")->sh_flags |= SHF_COMPRESSED;
    expect_rejected("\".debug_info\"");
}

Test(gate, constructor_type_is_rejected)
{
    section(".data")->sh_type = SHT_INIT_ARRAY;
    expect_rejected("\".data\"");
}

Test(gate, huge_zeroed_memory_is_rejected)
{
    section(".bss")->sh_size = 0x7fffffff;
    expect_rejected("more than 1 MiB");
}

Test(gate, sum_of_memory_cannot_wrap)
{
    section(".bss")->sh_size = 0xfffffff0;
    expect_rejected("more than 1 MiB");
}

Test(gate, wide_alignment_is_rejected)
{
    section(".data")->sh_addralign = 8192;
    expect_rejected("alignment");
}

Test(gate, weak_symbol_is_rejected)
{
    symbol("take")->st_info = ELF32_ST_INFO(STB_WEAK, STT_FUNC);
    expect_rejected("\"take\" is weak");
}

Test(gate, unique_symbol_is_rejected)
{
    symbol("take")->st_info = ELF32_ST_INFO(STB_GNU_UNIQUE, STT_FUNC);
    expect_rejected("\"take\" has a binding");
}

Test(gate, indirect_function_is_rejected)
{
    symbol("take")->st_info = ELF32_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC);
    expect_rejected("ifunc");
}

Test(gate, thread_local_symbol_is_rejected)
{
    symbol("table")->st_info = ELF32_ST_INFO(STB_GLOBAL, STT_TLS);
    expect_rejected("thread-local");
}

Test(gate, common_symbol_is_rejected)
{
    symbol("table")->st_shndx = SHN_COMMON;
    expect_rejected("common");
}

Test(gate, absolute_symbol_is_rejected)
{
    symbol("take")->st_shndx = SHN_ABS;
    expect_rejected("absolute");
}

Test(gate, extended_section_index_is_rejected)
{
    symbol("take")->st_shndx = SHN_XINDEX;
    expect_rejected("doesn't exist");
}

Test(gate, odd_name_is_rejected)
{
    char *names = (char *)bytes + section(".strtab")->sh_offset;
    names[symbol("take")->st_name] = '@';
    expect_rejected("not a C identifier");
}

Test(gate, unlisted_import_is_rejected)
{
    static const char *const none[] = {NULL};
    policy.imports = none;
    expect_rejected("\"service\" is used but not defined");
}

Test(gate, unlisted_export_is_rejected)
{
    static const char *const two[] = {"take", "name", NULL};
    policy.exports = two;
    expect_rejected("\"table\" must be static");
}

Test(gate, definition_of_a_given_symbol_is_rejected)
{
    static const char *const given[] = {"take", NULL};
    policy.given = given;
    expect_rejected("\"take\" is defined here, but the kernel gives it");
}

Test(gate, all_missing_exports_are_named)
{
    static const char *const more[] = {"take",  "alpha", "name",
                                       "table", "beta",  NULL};
    policy.exports = more;
    expect_rejected("alpha, beta are missing");
}

Test(gate, no_lists_mean_any_name)
{
    policy = (struct gate_policy){0};
    expect_accepted();
}

Test(gate, other_relocation_is_rejected)
{
    Elf32_Rel *rel = relocation();
    rel->r_info = ELF32_R_INFO(ELF32_R_SYM(rel->r_info), R_386_GOT32);
    expect_rejected("relocation of kind 3");
}

Test(gate, relocation_outside_its_section_is_rejected)
{
    relocation()->r_offset = section(".text")->sh_size - 3;
    expect_rejected("relocation table is broken");
}

Test(gate, relocation_about_no_symbol_is_rejected)
{
    relocation()->r_info = ELF32_R_INFO(60000, R_386_32);
    expect_rejected("relocation table is broken");
}

Test(gate, relocations_of_no_section_are_rejected)
{
    section(".rel.text")->sh_info = 0;
    expect_rejected("relocation table is broken");
}

Test(gate, relocations_with_addends_are_rejected)
{
    section(".rel.text")->sh_type = SHT_RELA;
    expect_rejected(".rel.text");
}
