/* A table of cells for people: gathered one after another, then lined up. */
#include "cli/admin_sheet.h"

#include <assert.h>
#include <stdlib.h>

#include "cli/output.h"

bool admin_sheet_start(struct admin_sheet *sheet, size_t room)
{
    *sheet = (struct admin_sheet){.room = room};
    buf_init(&sheet->bytes, OUTPUT_MAX);
    sheet->ends = calloc(room, sizeof(*sheet->ends));
    sheet->cells = calloc(room, sizeof(*sheet->cells));
    return sheet->ends != NULL && sheet->cells != NULL;
}

void admin_sheet_finish(struct admin_sheet *sheet)
{
    buf_wipe(&sheet->bytes);
    free(sheet->ends);
    free(sheet->cells);
}

void admin_sheet_end_cell(struct admin_sheet *sheet)
{
    assert(sheet->count < sheet->room);
    sheet->ends[sheet->count++] = sheet->bytes.length;
}

void admin_sheet_cut(struct admin_sheet *sheet)
{
    size_t start = 0;
    size_t i;

    for (i = 0; i < sheet->count; i++) {
        sheet->cells[i] = slice_make(sheet->bytes.bytes == NULL ? "" : sheet->bytes.bytes + start,
                                     sheet->ends[i] - start);
        start = sheet->ends[i];
    }
}

void admin_sheet_print(struct admin_sheet *sheet, size_t columns)
{
    struct buf text;

    admin_sheet_cut(sheet);
    buf_init(&text, OUTPUT_MAX);
    output_table(&text, sheet->cells, columns, sheet->count / columns);
    if (buf_fail(&text) == FAIL_NONE && buf_fail(&sheet->bytes) == FAIL_NONE) {
        output_raw(buf_view(&text));
    } else {
        output_trouble("the answer is too long to be shown: try --json");
    }
    buf_wipe(&text);
}
