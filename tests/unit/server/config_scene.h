/* A configuration as a list of texts, and what was said about it. */
#ifndef TESTS_CONFIG_SCENE_H
#define TESTS_CONFIG_SCENE_H

#include "unit/server/folder.h"

#include "server/config.h"

enum { SCENE_TEXTS_MAX = 40, SCENE_SAID_SIZE = 16 * 1024 };

struct scene_text {
    const char *option;
    const char *text;
};

struct scene {
    struct scene_text texts[SCENE_TEXTS_MAX];
    size_t count;
    struct config config;
    char problems[SCENE_SAID_SIZE]; /* "OPTION: SENTENCE\n" each */
    char warnings[SCENE_SAID_SIZE];
};

static inline void scene_set(struct scene *scene, const char *option, const char *text)
{
    size_t i;

    for (i = 0; i < scene->count; i++) {
        if (strcmp(scene->texts[i].option, option) == 0) {
            scene->texts[i].text = text;
            return;
        }
    }
    assert_true(scene->count < SCENE_TEXTS_MAX);
    scene->texts[scene->count++] = (struct scene_text){option, text};
}

/* A good one, of a server that only this machine can reach. */
static inline struct scene *scene_make(void)
{
    static const struct scene_text USUAL[] = {
        {"data", "/"},
        {"listen", "127.0.0.1:8080"},
        {"terminals-max", "100"},
        {"connections-max", "50"},
        {"connections-per-address", "40"},
        {"new-connections-per-minute", "30"},
        {"heartbeat", "20"},
        {"heartbeat-answer", "15"},
        {"half-open", "21"},
        {"drain", "10"},
        {"rate-limits", "100,6000,100000"},
        {"credential-days", "365"},
    };
    struct scene *scene = calloc(1, sizeof(*scene));
    size_t i;

    assert_non_null(scene);
    for (i = 0; i < sizeof(USUAL) / sizeof(USUAL[0]); i++) {
        scene_set(scene, USUAL[i].option, USUAL[i].text);
    }
    return scene;
}

static inline const char *scene_value(void *context, const char *option)
{
    const struct scene *scene = context;
    size_t i;

    for (i = 0; i < scene->count; i++) {
        if (strcmp(scene->texts[i].option, option) == 0) {
            return scene->texts[i].text;
        }
    }
    return NULL;
}

static inline void scene_add(char *said, const char *option, const char *sentence)
{
    size_t length = strlen(said);

    assert_true(text_format(said + length, SCENE_SAID_SIZE - length, "%s: %s\n", option, sentence));
}

static inline void scene_problem(void *context, const char *option, const char *sentence)
{
    scene_add(((struct scene *)context)->problems, option, sentence);
}

static inline void scene_warning(void *context, const char *option, const char *sentence)
{
    scene_add(((struct scene *)context)->warnings, option, sentence);
}

static inline struct config_source scene_source(struct scene *scene)
{
    return (struct config_source){
        .value = scene_value, .problem = scene_problem, .warning = scene_warning, .context = scene};
}

static inline void scene_read(struct scene *scene)
{
    struct config_source source = scene_source(scene);

    scene->problems[0] = '\0';
    scene->warnings[0] = '\0';
    config_read(&scene->config, &source);
}

static inline void scene_check(struct scene *scene)
{
    struct config_source source = scene_source(scene);

    scene_read(scene);
    config_check(&scene->config, &source);
}

#endif
