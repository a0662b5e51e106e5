/* OpenSSL's large blocks: where they lie, and that their memory goes back. */
#include "net/tls_memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "unit/wire/failing_memory.h"

enum { SLOT = 24 * 1024, RECORD = 16 * 1024, BUFFER = 4096, WARM = 32, MANY = 100 };

static int start(void **state)
{
    (void)state;
    return tls_memory_start() && tls_memory_start() ? 0 : -1;
}

/* Whether a block of this size is made without malloc. */
static bool stands_apart(size_t size)
{
    void *block;

    failing_memory_start(0);
    block = OPENSSL_malloc(size);
    failing_memory_stop();
    if (block != NULL) {
        memset(block, 'x', size);
    }
    OPENSSL_free(block);
    return block != NULL;
}

static void only_buffers_and_records_stand_apart(void **state)
{
    (void)state;
    assert_true(stands_apart(BUFFER));
    assert_true(stands_apart(RECORD));
    assert_true(stands_apart(21848)); /* a handshake's messages */
    assert_true(stands_apart(SLOT));
    assert_false(stands_apart(SLOT + 1));
    assert_false(stands_apart(RECORD - 1));
    assert_false(stands_apart(7608)); /* what a connection keeps */
    assert_false(stands_apart(BUFFER + 1));
    assert_false(stands_apart(BUFFER - 1));
    assert_false(stands_apart(100));
}

static void a_block_may_grow_and_shrink(void **state)
{
    char *block;
    size_t i;

    (void)state;
    failing_memory_start(0);
    block = OPENSSL_realloc(NULL, RECORD); /* as OpenSSL makes its longest-lived */
    failing_memory_stop();
    assert_non_null(block);
    memset(block, 'a', RECORD);
    block = OPENSSL_realloc(block, SLOT);
    assert_non_null(block);
    memset(block + RECORD, 'b', SLOT - RECORD);
    block = OPENSSL_realloc(block, (size_t)SLOT * 3); /* out of its slot */
    assert_non_null(block);
    for (i = 0; i < SLOT; i++) {
        assert_int_equal(block[i], i < RECORD ? 'a' : 'b');
    }
    block = OPENSSL_realloc(block, 10);
    assert_memory_equal(block, "aaaaaaaaaa", 10);
    OPENSSL_free(block);
    block = OPENSSL_malloc(RECORD);
    assert_non_null(block);
    memset(block, 'c', RECORD);
    failing_memory_start(0);
    assert_null(OPENSSL_realloc(block, SLOT + 1)); /* without memory it stays whole */
    failing_memory_stop();
    assert_int_equal(block[RECORD - 1], 'c');
    OPENSSL_free(block);
}

/* What the system took back reads as zeros. */
static void the_memory_of_all_but_a_few_goes_back(void **state)
{
    char *blocks[MANY];
    unsigned empty = 0;
    size_t i;

    (void)state;
    for (i = 0; i < MANY; i++) {
        blocks[i] = OPENSSL_malloc(SLOT);
        assert_non_null(blocks[i]);
        memset(blocks[i], 'x', SLOT);
    }
    for (i = 0; i < MANY; i++) {
        OPENSSL_free(blocks[i]);
    }
    failing_memory_start(0); /* the same slots again, no others */
    for (i = 0; i < MANY; i++) {
        blocks[i] = OPENSSL_malloc(SLOT);
    }
    failing_memory_stop();
    for (i = 0; i < MANY; i++) {
        size_t k;

        assert_non_null(blocks[i]);
        empty += blocks[i][0] == 0 && blocks[i][SLOT - 1] == 0;
        for (k = 0; k < i; k++) {
            assert_ptr_not_equal(blocks[i], blocks[k]);
        }
        blocks[i][0] = 1;
    }
    assert_int_equal(empty, MANY - WARM);
    for (i = 0; i < MANY; i++) {
        OPENSSL_free(blocks[i]);
    }
}

static void slots_that_were_given_back_are_used_again(void **state)
{
    uintptr_t lowest = UINTPTR_MAX;
    uintptr_t highest = 0;
    unsigned round;

    (void)state;
    for (round = 0; round < 50; round++) {
        char *blocks[MANY];
        size_t i;

        for (i = 0; i < MANY; i++) {
            blocks[i] = OPENSSL_malloc(BUFFER);
            lowest = (uintptr_t)blocks[i] < lowest ? (uintptr_t)blocks[i] : lowest;
            highest = (uintptr_t)blocks[i] > highest ? (uintptr_t)blocks[i] : highest;
        }
        for (i = 0; i < MANY; i++) {
            OPENSSL_free(blocks[i]);
        }
    }
    assert_true(highest - lowest < (uintptr_t)SLOT * (MANY + 10));
}

/* Each thread writes its own letter into its blocks and finds it there. */
static void *work(void *letter)
{
    unsigned round;

    for (round = 0; round < 2000; round++) {
        char *blocks[20];
        size_t i;

        for (i = 0; i < 20; i++) {
            blocks[i] = OPENSSL_malloc(RECORD);
            blocks[i][0] = *(const char *)letter;
            blocks[i][RECORD - 1] = *(const char *)letter;
        }
        for (i = 0; i < 20; i++) {
            if (blocks[i][0] != *(const char *)letter || blocks[i][RECORD - 1] != blocks[i][0]) {
                return letter;
            }
            OPENSSL_free(blocks[i]);
        }
    }
    return NULL;
}

static void threads_do_not_share_blocks(void **state)
{
    static char letters[] = "abc";
    pthread_t threads[3];
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, &letters[i]), 0);
    }
    for (i = 0; i < 3; i++) {
        void *result;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_buffers_and_records_stand_apart),
        cmocka_unit_test(a_block_may_grow_and_shrink),
        cmocka_unit_test(the_memory_of_all_but_a_few_goes_back),
        cmocka_unit_test(slots_that_were_given_back_are_used_again),
        cmocka_unit_test(threads_do_not_share_blocks),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
