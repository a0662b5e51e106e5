/* The disk of a terminal: what was saved is read back, in the durable order,
 * whatever fails on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "terminal/folder.h"
#include "terminal/memory.h"

#define CREDENTIAL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static char directory[] = "/tmp/tillwire-memory-XXXXXX";
static char problem[MEMORY_PROBLEM_SIZE];
static struct memory memory;

/* A fresh directory for each test, removed after it. */
static int set_up(void **state)
{
    (void)state;
    memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
    problem[0] = '\0';
    return mkdtemp(directory) == NULL || memory_open(&memory, directory, 0, problem) != FAIL_NONE
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    file_disk_replace(NULL);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    return system(command);
}

static struct settings registered(void)
{
    return (struct settings){.serial = "TW-ABCDEFGHIJ",
                             .credential = CREDENTIAL,
                             .code = "JSV5",
                             .business = 7,
                             .business_name = "Caf\xc3\xa9 \"Zoe\"",
                             .continued = true};
}

static void path_of(const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", directory, name);
}

static void put_file(const char *text)
{
    char path[256];
    FILE *file;

    path_of("terminal.json", path);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static size_t get_file(char *out, size_t size)
{
    char path[256];
    FILE *file;
    size_t length;

    path_of("terminal.json", path);
    file = fopen(path, "re");
    assert_non_null(file);
    length = fread(out, 1, size - 1, file);
    out[length] = '\0';
    assert_int_equal(fclose(file), 0);
    return length;
}

static bool is_there(const char *name)
{
    char path[256];

    path_of(name, path);
    return access(path, F_OK) == 0;
}

static void what_was_saved_is_loaded(void **state)
{
    struct settings saved = registered();
    struct settings loaded = {0};

    (void)state;
    assert_int_equal(memory_save(&memory, &saved, problem), FAIL_NONE);
    assert_int_equal(memory_load(&memory, &loaded, problem), FAIL_NONE);
    assert_true(settings_equal(&saved, &loaded));
    settings_forget(&saved);
    assert_int_equal(memory_save(&memory, &saved, problem), FAIL_NONE);
    assert_int_equal(memory_load(&memory, &loaded, problem), FAIL_NONE);
    assert_true(settings_equal(&saved, &loaded));
    assert_false(is_there("terminal.json.new"));
}

static void nothing_saved_is_not_damage(void **state)
{
    struct settings loaded;

    (void)state;
    assert_int_equal(memory_load(&memory, &loaded, problem), FAIL_NOT_FOUND);
    assert_string_equal(problem, "");
}

static void the_file_is_for_its_owner_alone(void **state)
{
    struct settings saved = registered();
    struct stat found;
    char path[256];
    char left_over[256];

    (void)state;
    path_of("terminal.json.new", left_over); /* of a power cut, and too open */
    assert_true(close(open(left_over, O_CREAT | O_WRONLY | O_CLOEXEC, 0666)) == 0);
    assert_int_equal(memory_save(&memory, &saved, problem), FAIL_NONE);
    path_of("terminal.json", path);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void each_terminal_of_several_has_a_folder(void **state)
{
    struct settings saved = registered();
    struct memory third;

    (void)state;
    assert_int_equal(memory_open(&third, directory, 3, problem), FAIL_NONE);
    assert_int_equal(memory_save(&third, &saved, problem), FAIL_NONE);
    assert_true(is_there("3/terminal.json"));
    assert_false(is_there("terminal.json"));
}

static void a_damaged_file_is_refused_and_left_as_it_is(void **state)
{
    static const char *const files[][2] = {
        {"", "damaged"},
        {"{\"format\":1,\"serial\":\"TW-1\",\"credential\":null,\"code\":null,\"bus", "damaged"},
        {"[]", "it names no format"},
        {"{\"format\":2}", "a newer tillwire wrote it"},
        {"{\"format\":1}", "the field serial is missing"},
        {"{\"format\":1,\"serial\":5,\"credential\":null,\"code\":null,\"business\":0,"
         "\"businessName\":null,\"continued\":false}",
         "the field serial makes no sense"},
        {"{\"format\":1,\"serial\":\"TW-1\",\"credential\":\"short\",\"code\":null,\"business\":0,"
         "\"businessName\":null,\"continued\":false}",
         "the field credential makes no sense"},
        {"{\"format\":1,\"serial\":\"TW-1\",\"credential\":null,\"code\":\"JSV56\",\"business\":0,"
         "\"businessName\":null,\"continued\":false}",
         "the field code makes no sense"},
        {"{\"format\":1,\"serial\":\"TW-1\",\"credential\":null,\"code\":null,\"business\":-1,"
         "\"businessName\":null,\"continued\":false}",
         "the field business makes no sense"},
        {"{\"format\":1,\"serial\":\"TW-1\",\"credential\":null,\"code\":null,\"business\":0,"
         "\"businessName\":false,\"continued\":false}",
         "the field businessName makes no sense"},
        {"{\"format\":1,\"serial\":\"TW-1\",\"credential\":null,\"code\":null,\"business\":0,"
         "\"businessName\":null,\"continued\":null}",
         "the field continued makes no sense"},
        {"{\"format\":1,\"serial\":\"TW-1\",\"credential\":null,\"code\":null,\"business\":0,"
         "\"businessName\":null,\"continued\":false,\"more\":1}",
         "a field that is not known"},
    };
    struct settings loaded;
    char after[1024];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        put_file(files[i][0]);
        assert_int_not_equal(memory_load(&memory, &loaded, problem), FAIL_NONE);
        assert_non_null(strstr(problem, files[i][1]));
        assert_non_null(strstr(problem, directory));
        (void)get_file(after, sizeof(after));
        assert_string_equal(after, files[i][0]);
    }
}

static void a_file_past_its_limit_is_damaged(void **state)
{
    static char text[SETTINGS_TEXT_MAX + 2];
    struct settings loaded;

    (void)state;
    memset(text, ' ', sizeof(text) - 1);
    put_file(text);
    assert_int_equal(memory_load(&memory, &loaded, problem), FAIL_INVALID);
    assert_non_null(strstr(problem, "it is too large"));
}

/* --- The order of a save, and each of its failures --------------------- */

/* Notes what is done to the disk; the step `fail_at` fails with `why`. */
struct note {
    char steps[64];
    size_t count;
    size_t fail_at;
    int why;
    size_t bytes_at_once;
};

static bool note_step(struct note *note, char step)
{
    note->steps[note->count++] = step;
    note->steps[note->count] = '\0';
    errno = note->why;
    return note->count != note->fail_at;
}

static long note_write(void *context, int file, const void *bytes, size_t length)
{
    struct note *note = context;

    if (!note_step(note, 'w')) {
        return -1;
    }
    return write(file, bytes, length < note->bytes_at_once ? length : note->bytes_at_once);
}

static int note_sync(void *context, int file)
{
    struct stat found;

    assert_int_equal(fstat(file, &found), 0);
    return note_step(context, S_ISDIR(found.st_mode) ? 'd' : 'f') ? fsync(file) : -1;
}

static int note_rename(void *context, const char *from, const char *to)
{
    return note_step(context, 'r') ? rename(from, to) : -1;
}

static void a_save_is_written_synced_renamed_and_the_directory_synced(void **state)
{
    struct note note = {.bytes_at_once = 100};
    struct file_disk disk = {note_write, note_sync, note_rename, &note};
    struct settings saved = registered();

    (void)state;
    file_disk_replace(&disk);
    assert_int_equal(memory_save(&memory, &saved, problem), FAIL_NONE);
    assert_string_equal(note.steps, "wwfrd");
}

static void whatever_step_fails_there_is_a_whole_file(void **state)
{
    struct note note;
    struct file_disk disk = {note_write, note_sync, note_rename, &note};
    struct settings old = registered();
    struct settings new = registered();
    struct settings loaded;
    size_t step;

    (void)state;
    memcpy(new.code, "AB2C", sizeof(new.code));
    for (step = 1; step <= 5; step++) {
        file_disk_replace(NULL);
        assert_int_equal(memory_save(&memory, &old, problem), FAIL_NONE);
        note = (struct note){.bytes_at_once = 100, .fail_at = step, .why = EIO};
        file_disk_replace(&disk);
        assert_int_equal(memory_save(&memory, &new, problem), FAIL_IO);
        assert_int_equal(note.count, step); /* nothing was tried again or went on */
        assert_non_null(strstr(problem, "cannot be written"));
        assert_int_equal(memory_load(&memory, &loaded, problem), FAIL_NONE);
        assert_true(settings_equal(&loaded, step == 5 ? &new : &old));
        assert_false(is_there("terminal.json.new"));
    }
}

static void a_full_disk_is_told_from_a_broken_one(void **state)
{
    struct note note = {.bytes_at_once = 100, .fail_at = 1, .why = ENOSPC};
    struct file_disk disk = {note_write, note_sync, note_rename, &note};
    struct settings saved = registered();

    (void)state;
    file_disk_replace(&disk);
    assert_int_equal(memory_save(&memory, &saved, problem), FAIL_FULL);
}

static void an_interrupted_write_goes_on(void **state)
{
    struct note note = {.bytes_at_once = 100, .fail_at = 1, .why = EINTR};
    struct file_disk disk = {note_write, note_sync, note_rename, &note};
    struct settings saved = registered();

    (void)state;
    file_disk_replace(&disk);
    assert_int_equal(memory_save(&memory, &saved, problem), FAIL_NONE);
    assert_string_equal(note.steps, "wwwfrd");
}

/* --- Folders ------------------------------------------------------------ */

static void a_folder_is_made_with_its_parents(void **state)
{
    struct stat found;
    char path[256];

    (void)state;
    path_of("a/b/c", path);
    assert_int_equal(directory_make(path), FAIL_NONE);
    assert_int_equal(directory_make(path), FAIL_NONE);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
}

static void a_file_in_the_way_is_refused(void **state)
{
    char path[256];

    (void)state;
    put_file("x");
    path_of("terminal.json/b", path);
    assert_int_equal(directory_make(path), FAIL_DENIED);
    path_of("terminal.json", path);
    assert_int_equal(directory_make(path), FAIL_DENIED);
}

static void a_directory_in_use_is_refused_with_the_process(void **state)
{
    struct lock *first = NULL;
    struct lock *second = NULL;
    char process[32];

    (void)state;
    assert_int_equal(folder_lock_take(&first, directory, problem), FAIL_NONE);
    assert_int_equal(folder_lock_take(&second, directory, problem), FAIL_BUSY);
    assert_null(second);
    (void)snprintf(process, sizeof(process), "process %ld", (long)getpid());
    assert_non_null(strstr(problem, process));
    lock_release(&first);
    assert_int_equal(folder_lock_take(&second, directory, problem), FAIL_NONE);
    lock_release(&second);
    lock_release(&second);
}

#define MEMORY_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(what_was_saved_is_loaded),
        MEMORY_TEST(nothing_saved_is_not_damage),
        MEMORY_TEST(the_file_is_for_its_owner_alone),
        MEMORY_TEST(each_terminal_of_several_has_a_folder),
        MEMORY_TEST(a_damaged_file_is_refused_and_left_as_it_is),
        MEMORY_TEST(a_file_past_its_limit_is_damaged),
        MEMORY_TEST(a_save_is_written_synced_renamed_and_the_directory_synced),
        MEMORY_TEST(whatever_step_fails_there_is_a_whole_file),
        MEMORY_TEST(a_full_disk_is_told_from_a_broken_one),
        MEMORY_TEST(an_interrupted_write_goes_on),
        MEMORY_TEST(a_folder_is_made_with_its_parents),
        MEMORY_TEST(a_file_in_the_way_is_refused),
        MEMORY_TEST(a_directory_in_use_is_refused_with_the_process),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
