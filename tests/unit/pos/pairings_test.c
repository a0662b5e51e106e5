/* The pairings file: what is stored comes back, what is damaged stays as it is. */
#include "pos/pairings.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/home.h"
#include "base/text.h"

enum { PATH_SIZE = 256, TEXT_SIZE = 4096, WRITERS = 4, ROUNDS = 10 };

/* A folder of the test's own, and the file in it. */
struct place {
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    char problem[PAIRINGS_PROBLEM_SIZE];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    if (place == NULL) {
        return -1;
    }
    (void)text_format(place->folder, PATH_SIZE, "/tmp/tillwire-pairings-XXXXXX");
    if (mkdtemp(place->folder) == NULL ||
        !text_format(place->path, PATH_SIZE, "%s/pairings.json", place->folder)) {
        free(place);
        return -1;
    }
    *state = place;
    return 0;
}

static void remove_in(const char *folder, const char *name)
{
    char path[PATH_SIZE];

    assert_true(text_format(path, sizeof(path), "%s/%s", folder, name));
    (void)unlink(path);
}

static int drop_place(void **state)
{
    struct place *place = *state;

    remove_in(place->folder, "pairings.json");
    remove_in(place->folder, "pairings.json.lock");
    remove_in(place->folder, "link.json");
    remove_in(place->folder, "link.json.lock");
    /* Fails when anything else was left behind, such as a half-written file. */
    if (rmdir(place->folder) != 0) {
        return -1;
    }
    free(place);
    return 0;
}

static struct pairing pairing_of(const char *name, const char *code)
{
    struct pairing pairing = {.api = "http://127.0.0.1:8080/v2",
                              .paired_at = "2026-01-22T18:00:36.123Z"};

    assert_true(text_format(pairing.name, sizeof(pairing.name), "%s", name));
    assert_true(text_format(pairing.code, sizeof(pairing.code), "%s", code));
    return pairing;
}

static void put(struct place *place, const char *name, const char *code, const char *replaced)
{
    struct pairing pairing = pairing_of(name, code);
    char before[CODE_SIZE] = "?";

    assert_int_equal(pairings_put(place->path, &pairing, before, place->problem), FAIL_NONE);
    assert_string_equal(before, replaced);
}

static void file_holds(const char *path, const char *expected)
{
    char text[TEXT_SIZE] = "";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    assert_string_equal(text, expected);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static void a_file_that_does_not_exist_holds_nothing(void **state)
{
    struct place *place = *state;
    struct pairings pairings;

    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    assert_int_equal(pairings.count, 0);
    assert_null(pairings_find(&pairings, "Till 1"));
    pairings_finish(&pairings);
    assert_int_equal(access(place->path, F_OK), -1);
}

static void what_was_stored_comes_back(void **state)
{
    struct place *place = *state;
    struct pairings pairings;
    const struct pairing *found;

    put(place, "Till \"1\" <caf\xc3\xa9>", "JSV5", "");
    put(place, "Till 2", "AB12", "");
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    assert_int_equal(pairings.count, 2);
    found = pairings_find(&pairings, "Till \"1\" <caf\xc3\xa9>");
    assert_ptr_equal(found, &pairings.items[0]);
    assert_string_equal(found->code, "JSV5");
    assert_string_equal(found->api, "http://127.0.0.1:8080/v2");
    assert_string_equal(found->paired_at, "2026-01-22T18:00:36.123Z");
    assert_null(pairings_find(&pairings, "till 2"));
    pairings_finish(&pairings);
}

static void the_file_is_as_documented_and_private(void **state)
{
    struct place *place = *state;
    struct stat status;

    put(place, "Till 1", "JSV5", "");
    file_holds(place->path, "{\"version\":1,\"pairings\":[{\"name\":\"Till 1\",\"code\":\"JSV5\","
                            "\"api\":\"http://127.0.0.1:8080/v2\","
                            "\"pairedAt\":\"2026-01-22T18:00:36.123Z\"}]}\n");
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_name_paired_again_is_replaced_in_its_place(void **state)
{
    struct place *place = *state;
    struct pairings pairings;

    put(place, "Till 1", "JSV5", "");
    put(place, "Till 2", "AB12", "");
    put(place, "Till 1", "ZZ99", "JSV5");
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    assert_int_equal(pairings.count, 2);
    assert_string_equal(pairings.items[0].name, "Till 1");
    assert_string_equal(pairings.items[0].code, "ZZ99");
    pairings_finish(&pairings);
}

static void a_removed_pairing_is_gone(void **state)
{
    struct place *place = *state;
    struct pairings pairings;
    char removed[CODE_SIZE];

    put(place, "Till 1", "JSV5", "");
    put(place, "Till 2", "AB12", "");
    put(place, "Till 3", "CD34", "");
    assert_int_equal(pairings_remove(place->path, "Till 2", removed, place->problem), FAIL_NONE);
    assert_string_equal(removed, "AB12");
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    assert_int_equal(pairings.count, 2);
    assert_string_equal(pairings.items[1].name, "Till 3");
    pairings_finish(&pairings);
    assert_int_equal(pairings_remove(place->path, "Till 2", removed, place->problem),
                     FAIL_NOT_FOUND);
    assert_string_equal(place->problem, "nothing is paired under the name \"Till 2\"");
}

static void a_damaged_file_is_reported_and_never_overwritten(void **state)
{
#define ENTRY(name, code, api, at)                                                                 \
    "{\"name\":\"" name "\",\"code\":\"" code "\",\"api\":\"" api "\",\"pairedAt\":\"" at "\"}"
#define GOOD ENTRY("A", "JSV5", "http://a/v2", "2026")
#define LIST(entries) "{\"version\":1,\"pairings\":[" entries "]}"
    static const char *const DAMAGED[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"version\":1}",
        "{\"pairings\":[]}",
        "{\"version\":0,\"pairings\":[]}",
        "{\"version\":\"1\",\"pairings\":[]}",
        "{\"version\":1,\"pairings\":{}}",
        LIST("7"),
        LIST("{}"),
        LIST(GOOD) "x",
        LIST(GOOD "," GOOD),
        LIST(ENTRY("", "JSV5", "http://a/v2", "2026")),
        LIST(ENTRY("A\\u0007", "JSV5", "http://a/v2", "2026")),
        LIST(ENTRY("A", "JSV", "http://a/v2", "2026")),
        LIST(ENTRY("A", "JSV55", "http://a/v2", "2026")),
        LIST(ENTRY("A", "JSV-", "http://a/v2", "2026")),
        LIST(ENTRY("A", "JSV5", "a/v2", "2026")),
        LIST(ENTRY("A", "JSV5", "http://a/v2", "")),
        LIST(ENTRY("A", "JSV5", "http://a/v2", "2026-01-22T18:00:36.1234Z")),
    };
    struct place *place = *state;
    struct pairing pairing = pairing_of("B", "JSV5");
    struct pairings pairings;
    char code[CODE_SIZE];
    size_t i;

    for (i = 0; i < sizeof(DAMAGED) / sizeof(DAMAGED[0]); i++) {
        write_file(place->path, DAMAGED[i]);
        place->problem[0] = '\0';
        assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_INVALID);
        assert_non_null(strstr(place->problem, place->path));
        assert_non_null(strstr(place->problem, "is damaged"));
        assert_int_equal(pairings_put(place->path, &pairing, code, place->problem), FAIL_INVALID);
        assert_int_equal(pairings_remove(place->path, "A", code, place->problem), FAIL_INVALID);
        file_holds(place->path, DAMAGED[i]);
    }
    /* And the good one that they were made from is good. */
    write_file(place->path, LIST(GOOD));
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    pairings_finish(&pairings);
}

static void a_file_of_a_newer_program_is_left_alone(void **state)
{
    static const char NEWER[] = "{\"version\":2,\"somethingElse\":true}";
    struct place *place = *state;
    struct pairing pairing = pairing_of("B", "JSV5");
    char code[CODE_SIZE];

    write_file(place->path, NEWER);
    assert_int_equal(pairings_put(place->path, &pairing, code, place->problem), FAIL_VERSION);
    assert_non_null(strstr(place->problem, "newer Tillwire (version 2)"));
    file_holds(place->path, NEWER);
}

static void something_else_than_a_file_is_refused(void **state)
{
    struct place *place = *state;
    struct pairings pairings;

    assert_int_equal(pairings_load(place->folder, &pairings, place->problem), FAIL_INVALID);
    assert_int_equal(pairings_load("/dev/null", &pairings, place->problem), FAIL_INVALID);
    assert_string_equal(place->problem, "/dev/null is no regular file and cannot hold pairings");
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_INVALID);
}

static void there_is_room_for_500_and_no_more(void **state)
{
    struct place *place = *state;
    struct pairing more = pairing_of("one more", "JSV5");
    struct pairings pairings;
    char code[CODE_SIZE];
    char name[32];
    FILE *file = fopen(place->path, "w");
    int i;

    assert_non_null(file);
    (void)fputs("{\"version\":1,\"pairings\":[", file);
    for (i = 0; i < PAIRINGS_MAX - 1; i++) {
        (void)fprintf(file,
                      "%s{\"name\":\"Till %d\",\"code\":\"JSV5\",\"api\":\"http://a/v2\","
                      "\"pairedAt\":\"2026\"}",
                      i == 0 ? "" : ",", i);
    }
    (void)fputs("]}", file);
    assert_int_equal(fclose(file), 0);
    put(place, "the last", "AB12", "");
    assert_int_equal(pairings_put(place->path, &more, code, place->problem), FAIL_LIMIT);
    assert_true(text_format(name, sizeof(name), "Till %d", 7));
    put(place, name, "ZZ99", "JSV5");
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    assert_int_equal(pairings.count, PAIRINGS_MAX);
    pairings_finish(&pairings);
}

struct writer {
    pthread_t thread;
    struct place *place;
    int number;
};

static void *put_many(void *context)
{
    struct writer *writer = context;
    char problem[PAIRINGS_PROBLEM_SIZE];
    char code[CODE_SIZE];
    char name[32];
    int i;

    for (i = 0; i < ROUNDS; i++) {
        struct pairing pairing;

        (void)text_format(name, sizeof(name), "Till %d-%d", writer->number, i);
        pairing = pairing_of(name, "JSV5");
        if (pairings_put(writer->place->path, &pairing, code, problem) != FAIL_NONE) {
            return writer;
        }
    }
    return NULL;
}

/* Each has its own lock file open, as processes do: flock tells them apart. */
static void writers_at_once_lose_nothing(void **state)
{
    struct place *place = *state;
    struct writer writers[WRITERS];
    struct pairings pairings;
    int i;

    for (i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.place = place, .number = i};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, put_many, &writers[i]), 0);
    }
    for (i = 0; i < WRITERS; i++) {
        void *failed = NULL;

        assert_int_equal(pthread_join(writers[i].thread, &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    assert_int_equal(pairings.count, WRITERS * ROUNDS);
    pairings_finish(&pairings);
}

static void a_symbolic_link_is_followed_and_stays(void **state)
{
    struct place *place = *state;
    struct pairing pairing = pairing_of("B", "AB12");
    char link_path[PATH_SIZE];
    char code[CODE_SIZE];
    struct stat status;
    struct pairings pairings;

    put(place, "A", "JSV5", "");
    assert_true(text_format(link_path, sizeof(link_path), "%s/link.json", place->folder));
    assert_int_equal(symlink(place->path, link_path), 0);
    assert_int_equal(pairings_put(link_path, &pairing, code, place->problem), FAIL_NONE);
    assert_int_equal(lstat(link_path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(pairings_load(place->path, &pairings, place->problem), FAIL_NONE);
    assert_int_equal(pairings.count, 2);
    pairings_finish(&pairings);
}

static void missing_folders_are_made(void **state)
{
    struct place *place = *state;
    struct pairing pairing = pairing_of("A", "JSV5");
    char path[PATH_SIZE];
    char code[CODE_SIZE];

    assert_true(text_format(path, sizeof(path), "%s/a/b/pairings.json", place->folder));
    assert_int_equal(pairings_put(path, &pairing, code, place->problem), FAIL_NONE);
    assert_int_equal(unlink(path), 0);
    remove_in(place->folder, "a/b/pairings.json.lock");
    assert_true(text_format(path, sizeof(path), "%s/a/b", place->folder));
    assert_int_equal(rmdir(path), 0);
    assert_true(text_format(path, sizeof(path), "%s/a", place->folder));
    assert_int_equal(rmdir(path), 0);
}

static void the_default_place_is_the_data_folder_of_the_person(void **state)
{
    char path[HOME_PATH_SIZE];

    (void)state;
    assert_int_equal(setenv("HOME", "/home/ana", 1), 0);
    assert_int_equal(setenv("XDG_DATA_HOME", "/data/ana", 1), 0);
    assert_int_equal(home_data_path("pairings.json", path), FAIL_NONE);
    assert_string_equal(path, "/data/ana/tillwire/pairings.json");
    assert_int_equal(setenv("XDG_DATA_HOME", "relative", 1), 0);
    assert_int_equal(home_data_path("pairings.json", path), FAIL_NONE);
    assert_string_equal(path, "/home/ana/.local/share/tillwire/pairings.json");
    assert_int_equal(unsetenv("XDG_DATA_HOME"), 0);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(home_data_path("pairings.json", path), FAIL_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown((name), make_place, drop_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_does_not_exist_holds_nothing),
        TEST(what_was_stored_comes_back),
        TEST(the_file_is_as_documented_and_private),
        TEST(a_name_paired_again_is_replaced_in_its_place),
        TEST(a_removed_pairing_is_gone),
        TEST(a_damaged_file_is_reported_and_never_overwritten),
        TEST(a_file_of_a_newer_program_is_left_alone),
        TEST(something_else_than_a_file_is_refused),
        TEST(there_is_room_for_500_and_no_more),
        TEST(writers_at_once_lose_nothing),
        TEST(a_symbolic_link_is_followed_and_stays),
        TEST(missing_folders_are_made),
        cmocka_unit_test(the_default_place_is_the_data_folder_of_the_person),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
