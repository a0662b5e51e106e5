/* The cells of a table while they are gathered. */
#ifndef CLI_ADMIN_SHEET_H
#define CLI_ADMIN_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/text.h"

/* Cells are gathered as offsets first: their bytes move while they grow. */
struct admin_sheet {
    struct buf bytes;
    size_t *ends; /* owned; of each cell in `bytes` */
    struct slice *cells;
    size_t count;
    size_t room;
};

/* For so many cells. False without memory; finish it in any case. */
bool admin_sheet_start(struct admin_sheet *sheet, size_t room);
void admin_sheet_finish(struct admin_sheet *sheet);
/* What was appended to `bytes` since the last one is a cell. */
void admin_sheet_end_cell(struct admin_sheet *sheet);
/* Fills `cells`; nothing may be appended afterwards. */
void admin_sheet_cut(struct admin_sheet *sheet);
/* To standard output, in rows of so many. */
void admin_sheet_print(struct admin_sheet *sheet, size_t columns);

#endif
