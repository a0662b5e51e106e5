#!/bin/sh
# Tests of the scripts that check and run everything else: a check that cannot
# fail is none. Each test makes a small tree, breaks it in one way, and sees the
# check refuse it with the words that help. Prints TAP lines.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
scripts=$top/scripts
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tree=$work/tree
number=0

# A tree that every check accepts.
new_tree() {
    rm -rf "$tree"
    mkdir -p "$tree/src/base" "$tree/src/core" "$tree/src/net" "$tree/scripts" "$tree/object/src/core"
    cat >"$tree/src/core/code.h" <<'END'
#ifndef CORE_CODE_H
#define CORE_CODE_H

int code_read(const char *text);

#endif
END
    cat >"$tree/src/core/code.c" <<'END'
#include "core/code.h"

#include <string.h>

/* It never gets (or scanf) more: rand() in a comment is "rand()". */
int code_read(const char *text)
{
    return strlen(text) == 4;
}
END
    cp "$top/.clang-format" "$tree"
    printf '#!/bin/sh\necho hello\n' >"$tree/scripts/hello"
}

compile() {
    cc -c -I"$tree/src" "$tree/src/core/code.c" -o "$tree/object/src/core/code.o"
}

result() { # result NAME: of the last command
    status=$?
    number=$((number + 1))
    if [ "$status" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$work/said"
    fi
}

check() { # check SCRIPT, on the tree
    BUILD=$tree "$scripts/$1" "$tree" >"$work/said" 2>&1
}

passes() { # passes SCRIPT NAME
    check "$1"
    result "$2"
}

refuses() { # refuses SCRIPT WORDS NAME
    check "$1"
    status=$?
    [ "$status" -eq 1 ] && grep -q -e "$2" "$work/said"
    result "$3"
}

# Adds lines to a file of the tree, made if need be.
add() {
    mkdir -p "$(dirname "$tree/$1")"
    printf '%s\n' "$2" >>"$tree/$1"
}

repeat() { # repeat COUNT TEXT
    awk -v count="$1" -v text="$2" 'BEGIN { while (count-- > 0) { print text } }'
}

# --- check-layers

new_tree
passes check-layers a_tree_in_layers_is_accepted
add src/core/code.c '#include "net/loop.h"'
refuses check-layers 'core may not include "net/loop.h"' a_room_that_reaches_upward_is_refused
new_tree
add src/api/devices.c '#include "store/read.h"'
passes check-layers a_door_may_read_lists_of_the_store
add src/api/devices.c '#include "store/store.h"'
refuses check-layers 'api may not include "store/store.h"' a_door_that_writes_to_the_store_is_refused
new_tree
add src/api/devices.c '#include "device/hub.h"'
refuses check-layers 'api may not include "device' doors_never_include_each_other
new_tree
add src/core/code.c '#include <sqlite3.h>'
refuses check-layers 'only store speaks' a_foreign_library_has_one_room
new_tree
add src/core/code.c '#include <zlib.h>'
refuses check-layers 'is in no list' an_unknown_library_is_refused
new_tree
add src/core/code.c '#include "code.h"'
refuses check-layers 'name the room' an_include_without_a_room_is_refused
new_tree
add src/attic/old.c '#include <stdio.h>'
refuses check-layers 'room attic' an_unknown_room_is_refused
new_tree
add src/main.c '#include "server/server.h"'
refuses check-layers 'main.c may not include' main_includes_the_command_line_alone
new_tree
add src/base/text.c '#include "core/code.h"'
add src/core/code.c '#include "base/text.h"'
refuses check-layers 'cut the circle' rooms_in_a_circle_are_refused
rm -rf "${tree:?}/src"
refuses check-layers 'no C files' an_empty_tree_has_no_layers

# --- check-pure

new_tree
compile
passes check-pure a_pure_object_is_accepted
add src/core/code.c '#include <time.h>'
add src/core/code.c 'long code_now(void);'
add src/core/code.c 'long code_now(void) { return (long)time(0); }'
compile
refuses check-pure 'core/code.c: calls time' an_object_that_asks_for_the_time_is_refused
new_tree
add src/core/code.c '#include <stdio.h>'
add src/core/code.c 'void *code_open(void) { return fopen("codes", "r"); }'
compile
refuses check-pure 'calls fopen' an_object_that_opens_a_file_is_refused
new_tree
compile
mkdir -p "$tree/object/src/processor"
add src/processor/test.c '#include <stdlib.h>'
add src/processor/test.c 'long test_chance(void);'
add src/processor/test.c 'long test_chance(void) { return random(); }'
cc -c "$tree/src/processor/test.c" -o "$tree/object/src/processor/test.o"
refuses check-pure 'processor/test.c: calls random' a_processor_that_throws_dice_is_refused
new_tree
refuses check-pure 'run make first' without_objects_nothing_is_called_pure

# --- check-headers

new_tree
passes check-headers a_header_that_compiles_alone_is_accepted
add src/core/limit.h '#ifndef CORE_LIMIT_H'
add src/core/limit.h '#define CORE_LIMIT_H'
add src/core/limit.h 'size_t limit_of(void);'
add src/core/limit.h '#endif'
refuses check-headers 'include what it uses' a_header_that_leans_on_others_is_refused
new_tree
sed -i 's/CORE_CODE_H/CODE_H/' "$tree/src/core/code.h"
refuses check-headers 'CORE_CODE_H' a_guard_with_another_name_is_refused

# --- check-size

function_of() { # function_of LINES, all told
    echo 'void long_one(void)'
    echo '{'
    repeat $(($1 - 3)) '    ;'
    echo '}'
}

new_tree
function_of 60 >>"$tree/src/core/code.c"
passes check-size a_function_of_60_lines_is_accepted
new_tree
function_of 61 >>"$tree/src/core/code.c"
refuses check-size 'long_one has 61 lines' a_function_of_61_lines_is_refused
new_tree
repeat 500 '/* line */' >"$tree/src/core/long.c"
repeat 500 '// line' >"$tree/page.js" && mkdir "$tree/web" && mv "$tree/page.js" "$tree/web"
passes check-size files_of_500_lines_are_accepted
repeat 1 '// line' >>"$tree/web/page.js"
refuses check-size 'web/page.js: 501 lines' a_script_of_501_lines_is_refused
new_tree
repeat 501 '/* line */' >"$tree/src/core/long.c"
refuses check-size 'long.c: 501 lines' a_file_of_501_lines_is_refused
new_tree
add src/core/many.h 'int six(int a, int b, int (*c)(int, int), int d, int e, int f);'
add src/core/many.h '__attribute__((format(printf, 1, 2))) int two(const char *a, ...);'
passes check-size six_parameters_are_accepted
add src/core/many.h 'int seven(int a, int b, int c,'
add src/core/many.h '          int d, int e, int f, int g);'
refuses check-size 'seven takes 7 parameters' seven_parameters_are_refused

# --- check-banned

new_tree
passes check-banned banned_words_in_comments_and_texts_are_accepted
for name in strcpy strcat sprintf strtok atoi gets scanf localtime gmtime rand alloca; do
    new_tree
    add src/core/code.c "void f(void) { $name(0); }"
    refuses check-banned "$name is banned" "${name}_is_refused"
done
new_tree
add src/core/code.c 'int snprintf_strcpy_like(int localtime_r);'
passes check-banned names_that_hold_a_banned_name_are_accepted
new_tree
add src/core/code.c "$(printf '\tint x;')"
refuses check-banned 'code.c:[0-9]*: a tab' a_tab_is_refused
new_tree
add notes.md 'two blanks  '
refuses check-banned 'notes.md:1: blanks' blanks_at_the_end_are_refused
new_tree
add tests/package-lock.json "\"https://registry.n""pmjs.org/ws\""
refuses check-banned 'names a package registry' a_registry_in_a_lock_file_is_refused

# --- check-docs

docs_tree() {
    new_tree
    mkdir -p "$tree/docs/why" "$tree/src/server" "$tree/src/cli"
    cat >"$tree/src/net/tls.c" <<'END'
/* log_event(LOG_INFO, "in.comment") is none. */
static void failed(struct conn *conn, const char *event, const char *reason)
{
    log_event(LOG_DEBUG, event, log_text("reason", reason));
}
void a(void)
{
    failed(conn, shaking ? "tls.failed" : "tls.broken", "the end.");
    log_event(LOG_INFO, "call.made", log_text("route", route("\")x")), log_number("ms", 3));
    has_failed("no.event"); /* and a second comment: log_event(LOG_INFO, "in.another") */
    log_limited(&limit, LOG_WARNING, "call.lost", log_text("why", "no.event"));
}
END
    cat >"$tree/src/server/metrics.c" <<'END'
    GAUGE("tillwire_files", "Files, (open)", files),
    COUNTER_OF("tillwire_calls_total", "Calls.",
               "outcome", "made", &made),
    COUNTER_OF("tillwire_calls_total", NULL, "outcome", "lost", &lost),
    HISTOGRAM("tillwire_call_seconds", "Time.", &took),
END
    cat >"$tree/src/cli/serve.c" <<'END'
static const struct cli_option OPTIONS[] = {
    {.name = "log-format", .choices = "logfmt|json",
     .environment = "TILLWIRE_LOG_FORMAT", .fallback = "logfmt"},
    {.name = "check", .help = "start nothing"},
};
static const struct cli_command COMMANDS[] = {{.name = "none"}};
END
    cat >"$tree/docs/configuration.md" <<'END'
| Option | Default | Variable | |
|---|---|---|---|
| `--log-format logfmt\|json` | logfmt | `TILLWIRE_LOG_FORMAT` | lines |
| `--check` | | | nothing |
END
    cat >"$tree/docs/operating.md" <<'END'
# Operating
| `files.elsewhere` | is no event |
### Log events
| Event | Level | Fields | Meaning |
|---|---|---|---|
| `call.lost` | warning | `why` | lost |
| `call.made` | info | `route` `ms` | made |
| `tls.broken` | debug | `reason` | broken |
| `tls.failed` | debug | `reason` | failed |
## Metrics
| `tillwire_files` | gauge | | files |
| `tillwire_calls_total` | counter | `outcome`: made, lost | calls |
| `tillwire_call_seconds` | histogram | | time |
See [the events](#log-events), [why](why/x.md#a-reason), [home](https://example.com/none).
```
# No heading
and [no link](nowhere.md)
```
END
    printf '# A "reason"\n[up](../operating.md#metrics) [code](../../src/net)\n' >"$tree/docs/why/x.md"
}

wrong_docs() { # wrong_docs FILE SED WORDS NAME: one change, and what is said of it
    docs_tree
    sed -i "$2" "$tree/$1"
    refuses check-docs "$3" "$4"
}

docs_tree
passes check-docs documents_that_say_what_the_code_does_are_accepted
wrong_docs docs/operating.md '/call.made/d' 'tls.c: call.made is not in the table' an_event_without_a_row_is_refused
wrong_docs docs/operating.md '/tls.broken/d' 'tls.broken is not in the table' an_event_of_a_function_of_events_without_a_row_is_refused
wrong_docs src/net/tls.c '/call.lost/d' 'operating.md:6: nobody logs call.lost' a_row_without_an_event_is_refused
wrong_docs src/net/tls.c 's/: "tls.broken"/: NULL/' 'nobody logs tls.broken' the_second_name_of_a_call_counts
wrong_docs src/net/tls.c 's/LOG_INFO, "call/LOG_ERROR, "call/' 'call.made is logged as error, not as info' an_event_of_another_level_is_refused
wrong_docs docs/operating.md 's/ .ms.//' 'call.made has a field ms' a_field_without_a_word_is_refused
wrong_docs src/net/tls.c 's/"call.lost"/name/' 'an event whose name is no text' an_event_without_a_readable_name_is_refused
wrong_docs docs/operating.md 's/\(| `call.made.*\)/\1\n\1/' 'call.made stands there twice' an_event_with_two_rows_is_refused
wrong_docs docs/operating.md '/tillwire_files/d' 'tillwire_files is not in the table of metrics' a_metric_without_a_row_is_refused
wrong_docs src/server/metrics.c '/HISTOGRAM/d' 'there is no metric tillwire_call_seconds' a_row_without_a_metric_is_refused
wrong_docs src/server/metrics.c 's/GAUGE(/TOTAL(/' 'tillwire_files is a counter, not a gauge' a_metric_of_another_type_is_refused
wrong_docs docs/operating.md 's/made, lost/made/' 'has a label lost' a_label_without_a_word_is_refused
wrong_docs docs/operating.md 's/.outcome.: //' 'has a label outcome' a_label_whose_name_is_missing_is_refused
wrong_docs src/server/metrics.c 's/^ *[A-Z_]*(/X(/' 'no table of metrics' a_table_of_metrics_that_cannot_be_read_is_refused
wrong_docs docs/configuration.md '/log-format/d' '--log-format is in no table' an_option_without_a_row_is_refused
wrong_docs src/cli/serve.c '/"check"/d' 'serve has no option --check' a_row_without_an_option_is_refused
wrong_docs src/cli/serve.c 's/= "logfmt"/= "json"/' 'is json by default, not logfmt' another_default_is_refused
wrong_docs docs/configuration.md 's/_LOG_FORMAT/_FORMAT/' 'has the variable TILLWIRE_LOG_FORMAT' another_variable_is_refused
wrong_docs src/cli/serve.c 's/OPTIONS/CHOICES/' 'no table of options' a_table_of_options_that_cannot_be_read_is_refused
wrong_docs docs/operating.md 's,why/x.md,why/y.md,' 'operating.md:14: there is no docs/why/y.md' a_link_to_no_file_is_refused
wrong_docs docs/why/x.md 's,/src/net,/src/wire,' 'x.md:2: there is no src/wire' a_link_upward_to_no_file_is_refused
wrong_docs docs/operating.md 's,(#log-events),(#events),' 'no heading for docs/operating.md#events' a_link_to_no_heading_is_refused
wrong_docs docs/why/x.md 's/reason/cause/' 'no heading for docs/why/x.md#a-reason' a_link_to_a_heading_elsewhere_that_is_none_is_refused
new_tree
refuses check-docs 'operating.md is missing' without_documents_nothing_is_said_to_be_right

# --- check-format, check-shell

new_tree
check check-format
if [ $? -ne 77 ]; then
    passes check-format formatted_code_is_accepted
    add src/core/code.c 'int  x ;'
    refuses check-format 'make format' unformatted_code_is_refused
fi
new_tree
check check-shell
if [ $? -ne 77 ]; then
    passes check-shell a_careful_script_is_accepted
    # shellcheck disable=SC2016 # it is the fault that is looked for
    add scripts/hello 'rm $1/*'
    refuses check-shell 'SC2086' a_careless_script_is_refused
fi

# --- check-tidy

if command -v clang-tidy >/dev/null 2>&1 && command -v cppcheck >/dev/null 2>&1; then
    new_tree
    cp "$top/.clang-tidy" "$tree"
    passes check-tidy tidy_code_is_accepted
    add src/core/code.c 'int code_of(const char *a) { if (a == 0) { return a[0]; } return 1; }'
    refuses check-tidy 'null pointer' a_null_pointer_that_is_followed_is_refused
fi

# --- run-tests: a tree of its own, with the real script

runner() { # runner GROUP...
    (cd "$tree" && BUILD=made scripts/run-tests "$@") >"$work/said" 2>&1
}

ends_with() { # ends_with STATUS LINE NAME: of the last run of runner
    status=$?
    [ "$status" -eq "$1" ] && [ "$(tail -n 1 "$work/said")" = "$2" ]
    result "$3"
}

runner_tree() {
    new_tree
    cp "$scripts/run-tests" "$tree/scripts"
    mkdir -p "$tree/tests/unit/core" "$tree/made/tests/unit/core" "$tree/tests/end"
    : >"$tree/tests/unit/core/code_test.c"
    printf '#!/bin/sh\n%s\n' "$1" >"$tree/made/tests/unit/core/code_test"
    chmod +x "$tree/made/tests/unit/core/code_test"
}

runner_tree 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"'
runner unit
ends_with 0 '2 passed, 0 failed' passing_tests_are_counted
[ "$(cat "$tree/made/test-result")" = '2 passed, 0 failed' ]
result the_count_is_left_in_a_file
runner_tree 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
runner unit
ends_with 1 '1 passed, 1 failed' failing_tests_are_counted
runner_tree 'echo 1..2; echo "ok 1 - a"; kill -ABRT $$'
runner unit
ends_with 1 '1 passed, 1 failed' a_crash_is_a_failure
grep -q 'ended by signal 6' "$work/said"
result a_crash_is_explained
runner_tree 'echo 1..2; echo "ok 1 - a"'
runner unit
ends_with 1 '1 passed, 1 failed' tests_that_did_not_run_are_a_failure
runner_tree 'exit 0'
runner unit
ends_with 1 '0 passed, 1 failed' a_program_without_tests_is_a_failure
runner_tree 'exit 0'
rm "$tree/made/tests/unit/core/code_test"
runner unit
ends_with 1 '0 passed, 1 failed' a_test_that_was_not_built_is_a_failure
runner browser
ends_with 1 '0 passed, 0 failed' a_group_without_tests_is_no_success
runner unit nonsense
[ $? -eq 2 ]
result an_unknown_group_is_refused

if command -v node >/dev/null 2>&1; then
    runner_tree ''
    cat >"$tree/tests/end/code.test.mjs" <<'END'
import test, { describe } from 'node:test';
test('a', () => {});
describe('suite', () => { test('b', () => {}); test('c', () => { throw new Error('no'); }); });
test('d', { skip: true }, () => {});
END
    runner end
    ends_with 1 '2 passed, 1 failed' the_tests_of_node_are_counted
    echo 'throw new Error("no")' >"$tree/tests/end/code.test.mjs"
    runner end
    ends_with 1 '0 passed, 1 failed' a_file_that_does_not_load_is_a_failure
    : >"$tree/tests/end/code.test.mjs"
    runner end
    ends_with 1 '0 passed, 1 failed' a_file_without_tests_is_a_failure
fi

# --- embed-pages

new_tree
mkdir -p "$tree/web/terminal"
printf 'a\0"\377' >"$tree/web/terminal/app.js"
: >"$tree/web/terminal/empty.css"
cat >"$work/pages_test.c" <<'END'
#include "server/pages.h"
#include <string.h>
int main(void)
{
    return !(pages_count == 2 && strcmp(pages[0].path, "/terminal/app.js") == 0 &&
             pages[0].length == 4 && memcmp(pages[0].bytes, "a\0\"\377", 4) == 0 &&
             strcmp(pages[1].path, "/terminal/empty.css") == 0 && pages[1].length == 0);
}
END
(cd "$tree" && "$scripts/embed-pages" web/terminal/app.js web/terminal/empty.css >pages.c &&
    cc -Wall -Werror -I"$top/src" pages.c "$work/pages_test.c" -o pages_test &&
    ./pages_test) >"$work/said" 2>&1
result pages_are_embedded_byte_for_byte

# --- setup

"$scripts/setup" nonsense >"$work/said" 2>&1
[ $? -eq 2 ]
result an_unknown_group_of_packages_is_refused

# A machine on which nothing of the group check is installed. Its apt-get writes
# down what it is asked for and ends with $apt_status; its user is $user.
bare_machine() {
    rm -rf "${work:?}/bin"
    mkdir "$work/bin"
    for tool in sh sed tr mktemp tail rm cat env; do
        ln -s "$(command -v "$tool")" "$work/bin/$tool"
    done
    printf '#!/bin/sh\necho "apt-get $*" >>"%s/asked"\nexit %s\n' "$work" "$apt_status" \
        >"$work/bin/apt-get"
    printf '#!/bin/sh\nexit 1\n' >"$work/bin/apt-cache"
    printf '#!/bin/sh\necho %s\n' "$user" >"$work/bin/id"
    chmod +x "$work/bin/apt-get" "$work/bin/apt-cache" "$work/bin/id"
    : >"$work/asked"
    PATH=$work/bin "$scripts/setup" check >"$work/said" 2>&1
}

if grep -q -e '^ID=debian' -e '^ID=ubuntu' /etc/os-release 2>/dev/null; then
    apt_status=0
    user=0
    bare_machine
    status=$?
    [ "$status" -eq 0 ] && [ "$(wc -l <"$work/asked")" -eq 2 ] &&
        grep -q 'apt-get update' "$work/asked" &&
        grep -q 'apt-get install -y -q --no-install-recommends clang-format shellcheck' "$work/asked" &&
        [ "$(wc -l <"$work/said")" -eq 1 ]
    result what_is_missing_is_installed_and_said_in_one_line
    apt_status=100
    bare_machine
    status=$?
    [ "$status" -eq 1 ] && grep -q 'is this machine online' "$work/said"
    result a_machine_without_network_is_told_so
    user=1000
    bare_machine
    status=$?
    [ "$status" -eq 1 ] && grep -q 'neither root nor sudo' "$work/said" && [ ! -s "$work/asked" ]
    result who_may_not_install_is_told_what_to_ask_for
fi

echo "1..$number"
