/*
 * A whole kit in miniature, for tests of the command line: one lab with a
 * public and a hidden test, whose "kernel" never boots. Its test program is a
 * shell script that looks for words in the image:
 *
 *   one    toy::gives_one passes (60 points, public)
 *   two    toy::gives_two passes (40 points, hidden)
 *   stub   both are not-implemented
 *   hang   the program sleeps, its pid in build/tests/suites/lab0-toy.pid
 *   mute   the program records nothing
 *
 * and until somebody makes build/tests/suites/lab0-toy.open:
 *
 *   waits  as hang
 *   fault  as mute
 *   kills  the program kills mmgrade, with --sandbox=none
 *   fills  the program fills the disk with what it writes
 */
#ifndef TESTS_GRADER_TOY_KIT_H
#define TESTS_GRADER_TOY_KIT_H

struct toy_file {
    const char *path;
    const char *text;
};

#define TOY_SOURCE(words)                                                      \
    "const char *take(void);\n"                                                \
    "const char *take(void)\n"                                                 \
    "{\n"                                                                      \
    "    return \"" words "\";\n"                                              \
    "}\n"

static const struct toy_file toy_files[] = {
    {"skeleton/kernel.flags",
     "-m32 -ffreestanding -fno-pic -fno-pie -fno-common -fno-stack-protector\n"
     "-fno-asynchronous-unwind-tables -fcf-protection=none -O1 -Wall\n"},
    {"skeleton/boot/kernel.lds",
     "ENTRY(start)\n"
     "PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }\n"
     "SECTIONS {\n"
     "  . = 0x100000;\n"
     "  .text : { *(.text .text.unlikely) } :text\n"
     "  .rodata : { *(.rodata .rodata.*) } :text\n"
     "  .data : { *(.data) } :data\n"
     "  .bss : { *(.bss) } :data\n"
     "  .comment 0 : { *(.comment) }\n"
     "  .symtab 0 : { *(.symtab) }\n"
     "  .strtab 0 : { *(.strtab) }\n"
     "  .shstrtab 0 : { *(.shstrtab) }\n"
     "  /DISCARD/ : { *(.note.GNU-stack) *(.llvm_addrsig) *(.rel.*)\n"
     "                *(.got*) *(.iplt) *(.igot*) *(.plt) *(.debug*) }\n"
     "}\n"
     "ASSERT(DEFINED(take),\n    \"mm/toy.c: take is missing\")\n"},
    {"skeleton/boot/head.c", "const char *take(void);\n"
                             "void start(void);\n"
                             "void start(void)\n"
                             "{\n"
                             "    take();\n"
                             "}\n"},
    {"skeleton/include/toy.h", "/* the contract */\n"},
    {"skeleton/mm/toy.c", TOY_SOURCE("stub")},
    {"reference/mm/toy.c", TOY_SOURCE("one two")},
    {"build/kernel/given.list", "given/boot/head.o\n"},
    {"build/kernel/given/boot/.keep", ""},
    {"build/kernel/reference/mm/.keep", ""},
    {"assignments/components.yaml", "services: []\n"
                                    "components:\n"
                                    "  - name: toy\n"
                                    "    files: [mm/toy.c]\n"
                                    "    exports: [take]\n"
                                    "    uses: []\n"},
    {"assignments/lab0-toy/lab.yaml", "title: {en: A toy, zh: 玩具}\n"
                                      "component: toy\n"
                                      "suite: toy\n"
                                      "tests:\n"
                                      "  - name: gives_one\n"
                                      "    points: 60\n"
                                      "    visibility: public\n"
                                      "    title: {en: It gives one, zh: 一}\n"
                                      "    hint: {en: Think of one, zh: 一}\n"
                                      "  - name: gives_two\n"
                                      "    points: 40\n"
                                      "    visibility: hidden\n"
                                      "    title: {en: It gives two, zh: 二}\n"
                                      "    hint: {en: Think of two, zh: 二}\n"},
    {"assignments/lab0-toy/README.md", "# The toy lab\n"},
    {"assignments/lab0-toy/figures/toy.svg", "<svg/>\n"},
    {"tests/harness/guest.c", "int guest;\n"},
    {"tests/show/show.c", "int show;\n"},
    {"tests/public/lab0-toy.c", "int public_tests;\n"},
    {"tests/hidden/lab0-toy.c", "int hidden_tests;\n"},
    {"tests/mutants/toy/one_only.patch", "Bug: two is forgotten.\n"
                                         "--- reference/mm/toy.c\n"
                                         "+++ reference/mm/toy.c\n"
                                         "@@ -3,3 +3,3 @@\n"
                                         " {\n"
                                         "-    return \"one two\";\n"
                                         "+    return \"one\";\n"
                                         " }\n"},
    {"tests/variants/toy/reversed.c",
     "/*\n * The other way round.\n */\n" TOY_SOURCE("two one")},
    {"build/initrd.img", "ramdisk"},
    {"build/tests/suites/lab0-toy",
     "#!/usr/bin/sh\n"
     "if [ \"$1\" = --list ]; then\n"
     "    echo toy::gives_one; echo toy::gives_two; exit\n"
     "fi\n"
     "program=$0\n"
     "while [ $# -gt 0 ]; do\n"
     "    case $1 in\n"
     "    --kernel) kernel=$2;; --out) out=$2;; --only) only=$2;;\n"
     "    --first-failure) first=1;;\n"
     "    esac\n"
     "    shift\n"
     "done\n"
     "grep -q mute $kernel && exit 0\n"
     "if [ ! -e $program.open ]; then\n"
     "    grep -q fault $kernel && exit 0\n"
     "    if grep -q fills $kernel; then\n"
     "        cat /dev/zero >$out/ballast 2>/dev/null\n"
     "    fi\n"
     "    grep -q kills $kernel && kill -9 $PPID\n"
     "    grep -q waits $kernel && hang=1\n"
     "fi\n"
     "if [ \"$hang\" ] || grep -q hang $kernel; then\n"
     "    echo $$ >$program.new && mv $program.new $program.pid\n"
     "    exec sleep 1000\n"
     "fi\n"
     "for word in one two; do\n"
     "    test=toy::gives_$word\n"
     "    [ -z \"$only\" ] || [ \"$only\" = $test ] || continue\n"
     "    status=fail\n"
     "    grep -q $word $kernel && status=pass\n"
     "    grep -q stub $kernel && status=not-implemented\n"
     "    printf '{\"test\":\"%s\",\"status\":\"%s\",\"messages\":[{' \\\n"
     "        $test $status\n"
     "    printf '\"did\":\"take()\",\"expected\":\"%s\",' $word\n"
     "    printf '\"seen\":\"SAW-%s\",\"where\":\"toy.c:1\"}]}\\n' $word\n"
     "    [ $status = pass ] || [ -z \"$first\" ] || break\n"
     "done >>$out/record.jsonl\n"},
};

#endif
