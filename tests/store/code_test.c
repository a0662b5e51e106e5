/* A business with as many devices as there are codes: every code can be used, none twice, and
 * finding one row among them is no more work than among ten. */
#include "store/fixture.h"

/* All codes but `left_out`, without their indexes' help being switched off:
 * the rows are as registrations would have left them. */
static void fill_all_codes_but(struct store_tx *tx, int64_t business, uint32_t left_out)
{
    sqlite3_stmt *insert;
    uint32_t number;

    WORKS(sqlite_run(tx, "BEGIN"));
    assert_int_equal(sqlite3_prepare_v2(tx->handle,
                                        "INSERT INTO device (business, serial, code, created_ms,"
                                        " credential, credential_ms, removed)"
                                        " VALUES (?1, ?2, ?2, ?3, ?4, ?3, ?5)",
                                        -1, &insert, NULL),
                     SQLITE_OK);
    for (number = 0; number < CODE_COUNT; number++) {
        bool removed = number % 3 == 0;
        struct secret_hash hash = {{0}};
        char code[CODE_SIZE];

        if (number == left_out) {
            continue;
        }
        code_from_number(number, code);
        memcpy(hash.bytes, code, sizeof(code));
        (void)sqlite3_bind_int64(insert, 1, business);
        (void)sqlite3_bind_text(insert, 2, code, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(insert, 3, number);
        (void)sqlite3_bind_blob(insert, 4, removed ? NULL : hash.bytes, SECRET_HASH_SIZE,
                                SQLITE_STATIC);
        (void)sqlite3_bind_int(insert, 5, removed);
        assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
        (void)sqlite3_reset(insert);
    }
    (void)sqlite3_finalize(insert);
    WORKS(sqlite_run(tx, "COMMIT"));
}

static enum fail register_one(struct store_tx *tx, int64_t business, const char *serial,
                              bool with_code, struct device *out)
{
    struct secret_hash hash = hash_of(serial);
    struct store_registration registration = {.business = business,
                                              .serial = serial,
                                              .with_code = with_code,
                                              .credential = &hash,
                                              .now_ms = NOW_MS};

    return store_device_register(tx, &registration, out);
}

/* Steps of SQLite's machine, over all statements of the connection. */
static int steps_taken(struct store_tx *tx)
{
    int steps = 0;
    size_t i;

    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        if (tx->statements[i].handle != NULL) {
            steps += sqlite3_stmt_status(tx->statements[i].handle, SQLITE_STMTSTATUS_VM_STEP, 1);
        }
    }
    return steps;
}

/* The look-ups that a ping, a hello and a log-in make. */
static int steps_of_look_ups(struct store_tx *tx, int64_t business, const char *code)
{
    struct secret_hash hash = {{0}};
    struct device device;
    bool is_next;

    memcpy(hash.bytes, code, CODE_SIZE);
    (void)steps_taken(tx);
    WORKS(store_device_by_code(tx, business, code, &device));
    WORKS(store_device_by_serial(tx, business, code, &device));
    WORKS(store_device_by_credential(tx, &hash, &device, &is_next));
    return steps_taken(tx);
}

static int64_t small_business(struct store_tx *tx, char code[CODE_SIZE])
{
    int64_t business = business_add(tx, "small");
    struct secret_hash hash = {{0}};
    struct device device;

    code_from_number(5, code);
    memcpy(hash.bytes, code, CODE_SIZE);
    hash.bytes[SECRET_HASH_SIZE - 1] = 1;
    WORKS(register_one(tx, business, code, true, &device));
    return business;
}

static void the_last_code_is_found_and_the_next_one_is_refused(void **state)
{
    struct store_tx *tx = verbs_of(state);
    uint32_t last = 555555;
    int64_t business = business_add(tx, "full");
    char small_code[CODE_SIZE];
    int64_t small = small_business(tx, small_code);
    char last_code[CODE_SIZE];
    struct device uncoded;
    struct device device = {.id = -1};

    code_from_number(last, last_code);
    WORKS(register_one(tx, business, "waits-for-a-code", false, &uncoded));
    fill_all_codes_but(tx, business, last);
    WORKS(register_one(tx, business, "the-last-one", true, &device));
    assert_string_equal(device.code, last_code);

    device.id = -1;
    assert_int_equal(register_one(tx, business, "one-too-many", true, &device), FAIL_LIMIT);
    assert_int_equal(register_one(tx, business, "waits-for-a-code", true, &device), FAIL_LIMIT);
    assert_int_equal(device.id, -1);
    assert_int_equal(store_device_by_serial(tx, business, "one-too-many", &device), FAIL_NOT_FOUND);
    /* Who has a code, and who needs none, may still log in. */
    WORKS(register_one(tx, business, "the-last-one", true, &device));
    assert_string_equal(device.code, last_code);
    WORKS(register_one(tx, business, "one-too-many", false, &device));
    /* Another business has all of them for itself. */
    WORKS(register_one(tx, small, "another", true, &device));
}

static void a_look_up_among_all_is_no_more_work(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "large");
    char code[CODE_SIZE];
    int few;
    int many;

    code_from_number(1, code);
    WORKS(sqlite_run(tx, "INSERT INTO device (business, serial, code, created_ms, credential,"
                         " credential_ms) VALUES (1, 'BBBC', 'BBBC', 0,"
                         " CAST('BBBC' || zeroblob(28) AS BLOB), 0)"));
    few = steps_of_look_ups(tx, business, code);
    WORKS(sqlite_run(tx, "DELETE FROM device"));
    fill_all_codes_but(tx, business, CODE_COUNT);
    many = steps_of_look_ups(tx, business, code);
    assert_true(few > 0);
    assert_int_equal(many, few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(the_last_code_is_found_and_the_next_one_is_refused),
        VERB_TEST(a_look_up_among_all_is_no_more_work),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
