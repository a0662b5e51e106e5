/* `tillwire terminal`: checks the options, opens the data directory, makes the
 * terminals, prints what they say, and waits for their end or a signal. */
#include "terminal/script.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/pool.h"
#include "base/secret.h"
#include "base/text.h"
#include "core/account.h"
#include "net/loop.h"
#include "terminal/folder.h"
#include "terminal/line.h"
#include "terminal/memory.h"
#include "terminal/script_check.h"
#include "terminal/session.h"
#include "terminal/typing.h"
#include "wire/url.h"

struct script {
    const struct script_options *options;
    struct url server;
    struct tls_client *tls; /* NULL: the server's url is not secure */
    char directory[FOLDER_PATH_SIZE];
    char email[ACCOUNT_EMAIL_SIZE];
    char password[ACCOUNT_PASSWORD_MAX + 1]; /* wiped when no terminal needs it */
    char pin[ACCOUNT_PIN_SIZE];              /* likewise */
    struct session_log_in log_in;
    unsigned log_in_users; /* terminals that may still need it */
    struct person person;
    struct typing *typing; /* with PERSON_ASK */
    struct lock *lock;
    struct loop *loop;
    struct pool *disk;
    struct session_shared shared;
    struct session **sessions; /* owned; options->count places */
    unsigned running;
    struct task stop_task;
    bool stopping;
    int exit_code;
};

/* --- Log-in data ------------------------------------------------------- */

static void copy_option(const char *option, char *out, size_t size)
{
    bool fits = text_format(out, size, "%s", option == NULL ? "" : option);

    assert(fits); /* its length was checked */
    (void)fits;
}

static void keep_log_in(struct script *script)
{
    copy_option(script->options->email, script->email, sizeof(script->email));
    copy_option(script->options->password, script->password, sizeof(script->password));
    copy_option(script->options->pin, script->pin, sizeof(script->pin));
    script->log_in = (struct session_log_in){slice_of(script->email), slice_of(script->password),
                                             slice_of(script->pin)};
    script->log_in_users = script->options->count;
}

static void wipe_log_in(struct script *script)
{
    secret_wipe(script->password, sizeof(script->password));
    secret_wipe(script->pin, sizeof(script->pin));
    script->log_in = (struct session_log_in){0};
}

static enum life_log_in kind_of_log_in(const struct script_options *options)
{
    if (options->email != NULL) {
        return LIFE_LOG_IN_PASSWORD;
    }
    return options->pin != NULL ? LIFE_LOG_IN_PIN : LIFE_LOG_IN_NONE;
}

/* --- What the sessions tell -------------------------------------------- */

static void run_stop(struct task *task)
{
    struct script *script = TASK_OWNER(task, struct script, stop_task);
    unsigned i;

    for (i = 0; i < script->options->count; i++) {
        if (script->sessions[i] != NULL) {
            session_stop(script->sessions[i]);
        }
    }
}

/* By a task: a session may be in the midst of something. */
static void stop_all(struct script *script)
{
    if (!script->stopping) {
        script->stopping = true;
        executor_post(loop_executor(script->loop), &script->stop_task);
    }
}

static void on_signal(void *context, int signal_number)
{
    (void)signal_number;
    stop_all(context);
}

static bool print_line(FILE *stream, struct slice line)
{
    return fwrite(line.bytes, 1, line.length, stream) == line.length && fflush(stream) == 0;
}

static bool on_say(void *context, const struct session *session, const struct life_effect *effect)
{
    struct script *script = context;
    bool is_own = effect->kind == LIFE_SAY; /* not its payment's */
    bool is_problem = is_own && effect->say.what == LIFE_SAY_PROBLEM;
    struct line_form form = {script->options->json, session_number(session)};
    struct buf line;
    bool shown;

    buf_init(&line, LINE_MAX_BYTES);
    if (is_problem) {
        buf_text(&line, "tillwire terminal: ");
    }
    line_write(&line, &form, session_settings(session), effect);
    shown =
        buf_fail(&line) == FAIL_NONE && print_line(is_problem ? stderr : stdout, buf_view(&line));
    buf_finish(&line);
    if (!shown && !is_problem) { /* a terminal whose screen is gone is of no use */
        script_complain("Standard output cannot be written to.");
        script->exit_code = SCRIPT_BROKEN;
        stop_all(script);
    }
    /* The others would try the same: too many wrong ones lock a user out. */
    if (is_own && effect->say.what == LIFE_SAY_LOG_IN_REFUSED && effect->say.is_final &&
        (slice_is(effect->say.word, "wrong") || slice_is(effect->say.word, "locked"))) {
        stop_all(script);
    }
    return shown;
}

static void on_log_in_done(void *context, const struct session *session)
{
    struct script *script = context;

    (void)session;
    assert(script->log_in_users > 0);
    script->log_in_users--;
    if (script->log_in_users == 0) {
        wipe_log_in(script);
    }
}

static void on_end(void *context, struct session *session, int exit_code)
{
    struct script *script = context;

    (void)session; /* destroyed with the others */
    if (script->exit_code == SCRIPT_STOPPED) {
        script->exit_code = exit_code;
    }
    assert(script->running > 0);
    script->running--;
    if (script->running == 0) {
        loop_stop(script->loop);
    }
}

/* --- What a person types ------------------------------------------------- */

static void on_line(void *context, struct slice line)
{
    struct script *script = context;
    struct person_command command;
    const char *problem = person_command_read(line, &command);
    bool taken = false;
    unsigned i;

    for (i = 0; problem == NULL && i < script->options->count; i++) {
        taken = (script->sessions[i] != NULL && session_act(script->sessions[i], command)) || taken;
    }
    if (problem == NULL && !taken) {
        problem = "No payment waits for that now.";
    }
    if (problem != NULL) {
        script_complain(problem);
    }
}

static void run_posted(void *context)
{
    loop_run_posted(context);
}

/* --- Making them ------------------------------------------------------- */

/* The settings of terminal `number` from the disk, or new ones. */
static enum fail remember(const struct script_options *options, unsigned number,
                          const struct memory *memory, struct settings *settings)
{
    char problem[MEMORY_PROBLEM_SIZE] = "";
    char serial[ACCOUNT_SERIAL_SIZE];
    enum fail fail = memory_load(memory, settings, problem);

    (void)script_name_serial(options, number, serial);
    if (fail == FAIL_NOT_FOUND) {
        *settings = (struct settings){0};
        if (serial[0] == '\0') {
            script_make_serial(serial);
        }
        copy_option(serial, settings->serial, sizeof(settings->serial));
        /* Before its first hello: a lost serial number would be another terminal. */
        fail = memory_save(memory, settings, problem);
    } else if (fail == FAIL_NONE && serial[0] != '\0' && strcmp(serial, settings->serial) != 0) {
        (void)text_format(problem, sizeof(problem),
                          "The data directory %s is of the terminal with the serial number %s. "
                          "Leave out --serial, or choose another directory with --data.",
                          memory->directory, settings->serial);
        fail = FAIL_CONFLICT;
    }
    if (fail != FAIL_NONE) {
        script_complain(problem);
    }
    return fail;
}

static enum fail make_session(struct script *script, unsigned index)
{
    unsigned number = script->options->count > 1 ? index + 1 : 0;
    char problem[MEMORY_PROBLEM_SIZE] = "";
    struct memory memory;
    struct settings settings;
    struct sale_record sale;
    struct session_options options = {
        .number = number,
        .memory = &memory,
        .settings = &settings,
        .sale = &sale,
        .person = &script->person,
        .log_in = kind_of_log_in(script->options),
        .continue_ = script->options->continue_,
    };
    enum fail fail = memory_open(&memory, script->directory, number, problem);

    if (fail != FAIL_NONE) {
        script_complain(problem);
        return fail;
    }
    fail = remember(script->options, number, &memory, &settings);
    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = memory_load_sale(&memory, &sale, problem);
    if (fail != FAIL_NONE) {
        script_complain(problem);
    } else {
        fail = session_create(&script->sessions[index], &script->shared, &options);
    }
    secret_wipe(&settings, sizeof(settings));
    return fail;
}

/* A thousand terminals are more open files than many systems allow at first. */
static void allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static enum fail make_machinery(struct script *script)
{
    enum fail fail = loop_create(&script->loop, 0);

    if (fail == FAIL_NONE) {
        fail = pool_create(&script->disk, "disk", 1, 2 * (size_t)script->options->count, NULL);
    }
    if (fail == FAIL_NONE) {
        fail = loop_on_signal(script->loop, SIGINT, on_signal, script);
    }
    if (fail == FAIL_NONE) {
        fail = loop_on_signal(script->loop, SIGTERM, on_signal, script);
    }
    script->sessions = calloc(script->options->count, sizeof(struct session *));
    if (fail != FAIL_NONE || script->sessions == NULL) {
        script_complain("Out of memory.");
        return FAIL_MEMORY;
    }
    script->shared = (struct session_shared){
        .loop = script->loop,
        .disk = script->disk,
        .server = &script->server,
        .tls = script->tls,
        .log_in = &script->log_in,
        .silence_spare_seconds = SESSION_SILENCE_SPARE_SECONDS,
        .on_say = on_say,
        .on_log_in_done = on_log_in_done,
        .on_end = on_end,
        .context = script,
    };
    script->stop_task.run = run_stop;
    return FAIL_NONE;
}

static int run(struct script *script)
{
    char problem[FOLDER_PROBLEM_SIZE] = "";
    enum fail fail;
    unsigned i;

    if (folder_lock_take(&script->lock, script->directory, problem) != FAIL_NONE) {
        script_complain(problem);
        return SCRIPT_DATA;
    }
    if (make_machinery(script) != FAIL_NONE) {
        return SCRIPT_BROKEN;
    }
    for (i = 0; i < script->options->count; i++) {
        fail = make_session(script, i);
        if (fail != FAIL_NONE) {
            return fail == FAIL_MEMORY ? SCRIPT_BROKEN : SCRIPT_DATA;
        }
    }
    if (script->person.way == PERSON_ASK &&
        typing_start(&script->typing, loop_executor(script->loop), STDIN_FILENO, on_line, script) !=
            FAIL_NONE) {
        script_complain("Standard input cannot be read.");
        return SCRIPT_BROKEN;
    }
    script->running = script->options->count;
    for (i = 0; i < script->options->count; i++) {
        session_start(script->sessions[i]);
    }
    loop_run(script->loop);
    return script->exit_code;
}

static void finish(struct script *script)
{
    unsigned i;

    typing_finish(&script->typing, run_posted, script->loop);
    pool_destroy(&script->disk);
    for (i = 0; script->sessions != NULL && i < script->options->count; i++) {
        session_destroy(&script->sessions[i]);
    }
    free(script->sessions);
    loop_destroy(&script->loop);
    tls_client_destroy(&script->tls); /* no connection is left */
    lock_release(&script->lock);
    wipe_log_in(script);
}

int script_run(const struct script_options *options)
{
    struct script script = {.options = options};
    int exit_code;

    id_start();
    (void)signal(SIGPIPE, SIG_IGN); /* a lost reader is an answer, not the end */
    if (!script_check(options, &script.server) || !script_find_person(options, &script.person)) {
        return SCRIPT_USAGE;
    }
    if (!script_find_directory(options, script.directory)) {
        return SCRIPT_DATA;
    }
    if (!script_make_tls(options, &script.server, &script.tls)) {
        return SCRIPT_USAGE;
    }
    allow_many_files();
    keep_log_in(&script);
    exit_code = run(&script);
    finish(&script);
    return exit_code;
}
