/*
 * Reading submissions: folders, finding the root, notes, hashes, errors.
 */
#include "text.h"
#include "reading.h"

#include <sys/stat.h>
#include <unistd.h>

/*
 * printf 'mmgrade/content/v1\0mm/page_alloc.c\0\0\0\0\0\0\0\0\14int solved;\n'
 * | sha256sum: of SOLUTION as LAB_FILE, in submission.c's format.
 */
#define EXPECTED_HASH                                                          \
    "ee7f01958d6144beb15df67ca87b8e03e0d8a63c426f7a5d936e1b4332555a83"

static char *folder;

static void set_up(void)
{
    folder = fixture_folder();
}

static void tear_down(void)
{
    fixture_remove(folder);
    free(folder);
}

TestSuite(submission, .init = set_up, .fini = tear_down, .timeout = 60);

static void link_to(const char *target, const char *name)
{
    char *path = fixture_path(folder, name);

    cr_assert_eq(symlink(target, path), 0, "can't make the link %s", path);
    free(path);
}

static void make_fifo(const char *name)
{
    char *path = fixture_path(folder, name);

    cr_assert_eq(mkfifo(path, 0600), 0, "can't make the FIFO %s", path);
    free(path);
}

/* A skeleton beside the submission; both are in `folder`. */
static struct submission *read_beside_skeleton(const char *const *lab_files)
{
    char *where = fixture_path(folder, "theirs");
    char *skeleton = fixture_path(folder, "skeleton");
    const struct submission_request request = {.where = where};
    const struct submission_wanted wanted = {lab_files, skeleton};

    write_text(folder, "skeleton/mm/page_alloc.c", "int hole;\n");
    write_text(folder, "skeleton/mm/slab.c", "int hole;\n");
    write_text(folder, "skeleton/include/mm.h", "int given;\n");
    struct submission *submission = expect_read_as(&request, &wanted);
    free(where);
    free(skeleton);
    return submission;
}

Test(submission, folder_with_the_file_at_the_top)
{
    write_text(folder, LAB_FILE, SOLUTION);
    struct submission *submission = expect_read(folder);

    expect_content(submission, SOLUTION);
    cr_assert_str_eq(submission->kind, "folder", "it is a folder");
    cr_assert_str_eq(submission->origin, folder, "the origin is its name");
    cr_assert_null(submission->commit, "a folder has no commit");
    cr_assert_eq(submission->nnotes, 0, "nothing to note: %s",
                 submission->nnotes ? submission->notes[0] : "");
    submission_free(submission);
}

Test(submission, root_is_found_one_folder_down)
{
    write_text(folder, "my-lab/" LAB_FILE, SOLUTION);
    struct submission *submission = expect_read(folder);

    expect_content(submission, SOLUTION);
    cr_assert_eq(count_notes(submission, "taken from my-lab/"), 1,
                 "the note says where the root is");
    submission_free(submission);
}

Test(submission, two_possible_roots_are_refused_and_listed)
{
    write_text(folder, "first/" LAB_FILE, SOLUTION);
    write_text(folder, "second/" LAB_FILE, SOLUTION);
    expect_refused(folder, ERROR_REJECTED, "first/, second/");
}

Test(submission, file_at_the_top_wins_over_a_copy_one_folder_down)
{
    write_text(folder, LAB_FILE, SOLUTION);
    write_text(folder, "backup/" LAB_FILE, "int old;\n");
    write_text(folder, "older/" LAB_FILE, "int older;\n");
    struct submission *submission = expect_read(folder);

    expect_content(submission, SOLUTION);
    submission_free(submission);
}

Test(submission, loose_file_is_matched_by_its_name)
{
    write_text(folder, "page_alloc.c", SOLUTION);
    struct submission *submission = expect_read(folder);

    expect_content(submission, SOLUTION);
    cr_assert_eq(count_notes(submission, "page_alloc.c: used as " LAB_FILE), 1,
                 "the note says how it is used");
    submission_free(submission);
}

Test(submission, loose_file_deep_down_is_found)
{
    write_text(folder, "a/b/c/page_alloc.c", SOLUTION);
    struct submission *submission = expect_read(folder);

    expect_content(submission, SOLUTION);
    submission_free(submission);
}

Test(submission, two_loose_files_of_a_name_are_refused_and_listed)
{
    write_text(folder, "a/page_alloc.c", SOLUTION);
    write_text(folder, "b/c/page_alloc.c", SOLUTION);
    expect_refused(folder, ERROR_REJECTED, "a/page_alloc.c, b/c/page_alloc.c");
}

Test(submission, nothing_of_the_lab_is_refused_with_what_was_looked_for)
{
    write_text(folder, "README", "hello\n");
    expect_refused(folder, ERROR_ABSENT, "looked for " LAB_FILE);
}

Test(submission, wrong_case_is_refused_and_named)
{
    write_text(folder, "MM/Page_Alloc.c", SOLUTION);
    expect_refused(folder, ERROR_REJECTED, "MM/Page_Alloc.c differs in upper");
}

Test(submission, case_variants_beside_each_other_are_refused)
{
    write_text(folder, LAB_FILE, SOLUTION);
    write_text(folder, "MM/page_alloc.c", SOLUTION);
    expect_refused(folder, ERROR_REJECTED, "differ only in upper");
}

Test(submission, symbolic_link_as_the_file_is_refused)
{
    write_text(folder, "mm/other.c", SOLUTION);
    link_to("/etc/passwd", LAB_FILE);
    expect_refused(folder, ERROR_REJECTED, "a symbolic link");
}

Test(submission, symbolic_link_above_the_file_is_refused)
{
    write_text(folder, "elsewhere/page_alloc.c", SOLUTION);
    link_to("elsewhere", "mm");
    expect_refused(folder, ERROR_REJECTED, "mm is a symbolic link");
}

Test(submission, unrelated_symbolic_link_is_not_followed)
{
    write_text(folder, LAB_FILE, SOLUTION);
    link_to("/", "everything");
    char *where = fixture_path(folder, ".");
    struct submission *submission = expect_read(where);

    expect_content(submission, SOLUTION);
    submission_free(submission);
    free(where);
}

Test(submission, fifo_as_the_file_is_refused_without_waiting)
{
    write_text(folder, "mm/other.c", SOLUTION);
    make_fifo(LAB_FILE);
    expect_refused(folder, ERROR_REJECTED, "special file");
}

Test(submission, unrelated_fifo_is_not_opened)
{
    write_text(folder, LAB_FILE, SOLUTION);
    make_fifo("monitor");
    struct submission *submission = expect_read(folder);

    expect_content(submission, SOLUTION);
    submission_free(submission);
}

Test(submission, folder_named_like_the_file_is_refused)
{
    write_text(folder, LAB_FILE "/inner.c", SOLUTION);
    expect_refused(folder, ERROR_REJECTED, "it is a folder");
}

Test(submission, device_as_submission_is_refused)
{
    expect_refused("/dev/zero", ERROR_REJECTED, "neither a folder nor a file");
}

Test(submission, build_and_git_folders_are_ignored)
{
    write_text(folder, LAB_FILE, SOLUTION);
    write_text(folder, "build/" LAB_FILE, "int old;\n");
    write_text(folder, "sub/.git/" LAB_FILE, "int old;\n");
    write_text(folder, "sub/build/page_alloc.c", "int old;\n");
    char *skeleton = fixture_path(folder, "sub");
    const struct submission_request request = {.where = folder};
    const struct submission_wanted wanted = {one_lab_file, skeleton};
    struct submission *submission = expect_read_as(&request, &wanted);

    expect_content(submission, SOLUTION);
    cr_assert_eq(count_notes(submission, "build/"), 0, "build/ is noted");
    cr_assert_eq(count_notes(submission, ".git/"), 0, ".git/ is noted");
    submission_free(submission);
    free(skeleton);
}

Test(submission, empty_folder_is_refused)
{
    expect_refused(folder, ERROR_ABSENT, "none of the lab's files");
}

Test(submission, file_over_the_limit_is_refused)
{
    char *big = calloc(1, LIMIT_FILE_BYTES + 1);

    fixture_write(folder, LAB_FILE, big, LIMIT_FILE_BYTES + 1);
    free(big);
    expect_refused(folder, ERROR_LIMIT, "the limit is 1048576");
}

Test(submission, file_at_the_limit_is_read)
{
    char *big = calloc(1, LIMIT_FILE_BYTES + 1);

    memset(big, ' ', LIMIT_FILE_BYTES);
    fixture_write(folder, LAB_FILE, big, LIMIT_FILE_BYTES);
    struct submission *submission = expect_read(folder);
    expect_content(submission, big);
    submission_free(submission);
    free(big);
}

Test(submission, too_many_entries_are_refused)
{
    char name[32];

    write_text(folder, LAB_FILE, SOLUTION);
    for (int i = 0; i < LIMIT_ENTRIES; i++) {
        snprintf(name, sizeof(name), "many/%d", i);
        fixture_write(folder, name, "", 0);
    }
    expect_refused(folder, ERROR_LIMIT, "more than 20000 entries");
}

Test(submission, too_deep_a_folder_is_refused)
{
    char path[8 * LIMIT_DEPTH];
    char *end = path;

    for (int i = 0; i < LIMIT_DEPTH; i++) {
        end = stpcpy(end, "deep/");
    }
    stpcpy(end, "end");
    write_text(folder, LAB_FILE, SOLUTION);
    fixture_write(folder, path, "", 0);
    expect_refused(folder, ERROR_LIMIT, "more than 16 folders deep");
}

Test(submission, missing_path_is_a_usage_error)
{
    char *where = fixture_path(folder, "nothing-here");

    expect_refused(where, ERROR_USAGE, "No such file or directory");
    free(where);
}

Test(submission, commit_of_a_folder_is_a_usage_error)
{
    const struct submission_request request = {.where = folder, .ref = "main"};
    const struct submission_wanted wanted = wanted_one();

    write_text(folder, LAB_FILE, SOLUTION);
    expect_refused_as(&request, &wanted, ERROR_USAGE, "not a git repository");
}

Test(submission, lfs_pointer_is_refused)
{
    write_text(folder, LAB_FILE,
               "version https://git-lfs.github.com/spec/v1\n"
               "oid sha256:00\nsize 12\n");
    expect_refused(folder, ERROR_REJECTED, "Git LFS");
}

Test(submission, missing_lab_file_is_noted)
{
    static const char *const two[] = {LAB_FILE, "mm/other.c", NULL};
    const struct submission_request request = {.where = folder};
    const struct submission_wanted wanted = {two, NULL};

    write_text(folder, LAB_FILE, SOLUTION);
    struct submission *submission = expect_read_as(&request, &wanted);
    expect_content(submission, SOLUTION);
    cr_assert_eq(count_notes(submission, "mm/other.c: not in the submission, "
                                         "the skeleton's is used"),
                 1, "the missing file is noted");
    submission_free(submission);
}

Test(submission, changed_given_file_is_noted)
{
    write_text(folder, "theirs/" LAB_FILE, SOLUTION);
    write_text(folder, "theirs/include/mm.h", "int mine;\n");
    struct submission *submission = read_beside_skeleton(one_lab_file);

    cr_assert_eq(count_notes(submission, "include/mm.h: given file, your "
                                         "change is not used"),
                 1, "the changed header is noted");
    cr_assert_eq(submission->nnotes, 1, "and nothing else");
    submission_free(submission);
}

Test(submission, given_file_that_is_a_link_counts_as_changed)
{
    write_text(folder, "theirs/" LAB_FILE, SOLUTION);
    write_text(folder, "theirs/include/x", "");
    link_to("/etc/passwd", "theirs/include/mm.h");
    struct submission *submission = read_beside_skeleton(one_lab_file);

    expect_content(submission, SOLUTION);
    cr_assert_eq(count_notes(submission, "include/mm.h: given file"), 1,
                 "the link is noted");
    submission_free(submission);
}

Test(submission, unchanged_given_file_is_not_noted)
{
    write_text(folder, "theirs/" LAB_FILE, SOLUTION);
    write_text(folder, "theirs/include/mm.h", "int given;\n");
    write_text(folder, "theirs/mm/slab.c", "int hole;\n");
    struct submission *submission = read_beside_skeleton(one_lab_file);

    cr_assert_eq(submission->nnotes, 0, "noted: %s",
                 submission->nnotes ? submission->notes[0] : "");
    submission_free(submission);
}

Test(submission, file_of_another_lab_is_noted)
{
    write_text(folder, "theirs/" LAB_FILE, SOLUTION);
    write_text(folder, "theirs/mm/slab.c", "int solved;\n");
    struct submission *submission = read_beside_skeleton(one_lab_file);

    cr_assert_eq(count_notes(submission, "mm/slab.c: not one of this lab's "
                                         "files, not used"),
                 1, "another lab's file is noted");
    submission_free(submission);
}

Test(submission, added_source_file_is_noted)
{
    write_text(folder, "theirs/top/" LAB_FILE, SOLUTION);
    write_text(folder, "theirs/top/mm/helpers.c", "int help;\n");
    write_text(folder, "theirs/top/notes.txt", "hello\n");
    struct submission *submission = read_beside_skeleton(one_lab_file);

    cr_assert_eq(count_notes(submission, "top/mm/helpers.c: not one of"), 1,
                 "the added file is noted");
    cr_assert_eq(count_notes(submission, "notes.txt"), 0,
                 "what isn't source is nobody's business");
    submission_free(submission);
}

Test(submission, notes_are_capped_and_counted)
{
    char name[64];

    write_text(folder, "theirs/" LAB_FILE, SOLUTION);
    for (int i = 0; i < LIMIT_NOTES + 7; i++) {
        snprintf(name, sizeof(name), "theirs/mm/extra%d.c", i);
        write_text(folder, name, "");
    }
    struct submission *submission = read_beside_skeleton(one_lab_file);
    cr_assert_eq(submission->nnotes, LIMIT_NOTES + 1, "%zu notes",
                 submission->nnotes);
    cr_assert_eq(count_notes(submission, "and 7 more files"), 1,
                 "the rest is counted");
    submission_free(submission);
}

Test(submission, hostile_name_is_harmless_in_notes)
{
    write_text(folder, "theirs/" LAB_FILE, SOLUTION);
    write_text(folder, "theirs/\x1b[2J\n\xff.c", "");
    struct submission *submission = read_beside_skeleton(one_lab_file);

    cr_assert_eq(submission->nnotes, 1, "it is noted");
    const char *note = submission->notes[0];
    cr_assert(text_is_clean(note, strlen(note)), "not clean: %s", note);
    cr_assert_not_null(strstr(note, "\\x1b[2J\\x0a"), "got: %s", note);
    submission_free(submission);
}

Test(submission, content_hash_is_of_paths_and_bytes_alone)
{
    write_text(folder, "a/" LAB_FILE, SOLUTION);
    write_text(folder, "b/somewhere/" LAB_FILE, SOLUTION);
    char *a = fixture_path(folder, "a"), *b = fixture_path(folder, "b");
    struct submission *first = expect_read(a), *second = expect_read(b);

    cr_assert_str_eq(first->content_hash, second->content_hash,
                     "the same file has the same hash wherever it lies");
    cr_assert_str_eq(first->content_hash, EXPECTED_HASH,
                     "the hash is a documented format: got %s",
                     first->content_hash);
    submission_free(first);
    submission_free(second);
    free(a);
    free(b);
}

Test(submission, content_hash_changes_with_one_byte)
{
    write_text(folder, "a/" LAB_FILE, SOLUTION);
    write_text(folder, "b/" LAB_FILE, "int solveD;\n");
    char *a = fixture_path(folder, "a"), *b = fixture_path(folder, "b");
    struct submission *first = expect_read(a), *second = expect_read(b);

    cr_assert_str_neq(first->content_hash, second->content_hash,
                      "another byte, another hash");
    submission_free(first);
    submission_free(second);
    free(a);
    free(b);
}

Test(submission, origin_never_shows_a_password)
{
    char *origin = source_origin("https://me:secret@host/lab.git");

    cr_assert_str_eq(origin, "https://host/lab.git", "got %s", origin);
    free(origin);
    origin = source_origin("https://host/a@b");
    cr_assert_str_eq(origin, "https://host/a@b", "got %s", origin);
    free(origin);
}

/* The solution as a child of mmgrade packs it: n bytes, malloc'ed. */
static unsigned char *pack_solution(struct submission **before, size_t *n)
{
    struct error err = {0};
    unsigned char *bytes = NULL;

    write_text(folder, LAB_FILE, SOLUTION);
    *before = expect_read(folder);
    cr_assert_eq(submission_pack(*before, &err, &bytes, n), 0, "can't pack");
    return bytes;
}

Test(submission, answer_of_the_child_survives_the_pipe)
{
    struct submission *before = NULL, *after = NULL;
    struct error err = {0};
    size_t n = 0;
    unsigned char *bytes = pack_solution(&before, &n);

    cr_assert_eq(submission_unpack(bytes, n, &after, &err), 0,
                 "can't unpack: "
                 "%s",
                 err.message);
    expect_content(after, SOLUTION);
    cr_assert_str_eq(after->content_hash, before->content_hash, "hash differs");
    submission_free(before);
    submission_free(after);
    free(bytes);
}

Test(submission, short_answer_of_the_child_is_a_fault_of_ours)
{
    struct submission *before = NULL, *after = NULL;
    struct error err = {0};
    size_t n = 0;
    unsigned char *bytes = pack_solution(&before, &n);

    for (size_t cut = 0; cut < n; cut++) {
        cr_assert_eq(submission_unpack(bytes, cut, &after, &err), ERROR_INFRA,
                     "%zu of %zu bytes were believed", cut, n);
    }
    submission_free(before);
    free(bytes);
}

Test(submission, long_answer_of_the_child_is_a_fault_of_ours)
{
    struct submission *before = NULL, *after = NULL;
    struct error err = {0};
    size_t n = 0;
    unsigned char *bytes = pack_solution(&before, &n);

    unsigned char *longer = calloc(1, n + 1);
    cr_assert_not_null(longer, "memory");
    memcpy(longer, bytes, n);
    cr_assert_eq(submission_unpack(longer, n + 1, &after, &err), ERROR_INFRA,
                 "a byte too many was ignored");
    submission_free(before);
    free(bytes);
    free(longer);
}

Test(submission, garbled_answer_of_the_child_is_never_believed_blindly)
{
    struct submission *before = NULL, *after = NULL;
    struct error err = {0};
    size_t n = 0;
    unsigned char *bytes = pack_solution(&before, &n);

    for (size_t i = 0; i < n; i++) {
        unsigned char kept = bytes[i];
        bytes[i] ^= 0xff;
        after = NULL;
        int rc = submission_unpack(bytes, n, &after, &err);
        cr_assert(rc == 0 || after == NULL, "byte %zu: error and result", i);
        submission_free(after);
        bytes[i] = kept;
    }
    submission_free(before);
    free(bytes);
}
