/* A doubly linked list whose links live inside the things it holds.
 *
 * The list owns nothing. A link that is in no list is all NULL, so that
 * `list_holds` can be asked of a zeroed thing. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_link {
    struct list_link *next;
    struct list_link *previous;
};

struct list {
    struct list_link head; /* a ring; points to itself when empty */
};

/* The thing of type `type` whose member `member` is the link `link`. */
#define LIST_ITEM(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

void list_init(struct list *list);
bool list_is_empty(const struct list *list);
bool list_holds(const struct list_link *link);
void list_push_back(struct list *list, struct list_link *link);
/* Does nothing for a link that is in no list. */
void list_remove(struct list_link *link);
/* NULL when empty; stays in the list. */
struct list_link *list_first(const struct list *list);
/* NULL after the last. */
struct list_link *list_next(const struct list *list, const struct list_link *link);
/* Takes the first out; NULL when empty. */
struct list_link *list_pop_front(struct list *list);
/* Moves everything of `from` to the end of `to`. */
void list_move_all(struct list *from, struct list *to);

#endif
