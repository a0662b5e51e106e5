/* The intrusive ring list. */
#include "base/list.h"

#include <assert.h>

void list_init(struct list *list)
{
    list->head.next = &list->head;
    list->head.previous = &list->head;
}

bool list_is_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

bool list_holds(const struct list_link *link)
{
    return link->next != NULL;
}

void list_push_back(struct list *list, struct list_link *link)
{
    assert(!list_holds(link));
    link->next = &list->head;
    link->previous = list->head.previous;
    list->head.previous->next = link;
    list->head.previous = link;
}

void list_remove(struct list_link *link)
{
    if (!list_holds(link)) {
        return;
    }
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->next = NULL;
    link->previous = NULL;
}

struct list_link *list_first(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->head.next;
}

struct list_link *list_next(const struct list *list, const struct list_link *link)
{
    return link->next == &list->head ? NULL : link->next;
}

struct list_link *list_pop_front(struct list *list)
{
    struct list_link *first = list_first(list);

    if (first != NULL) {
        list_remove(first);
    }
    return first;
}

void list_move_all(struct list *from, struct list *to)
{
    struct list_link *link;

    while ((link = list_pop_front(from)) != NULL) {
        list_push_back(to, link);
    }
}
