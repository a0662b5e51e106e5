/* Rows of the server's database, by SQL, in a job of their own. */
#ifndef TESTS_SIMULATION_ROWS_H
#define TESTS_SIMULATION_ROWS_H

#include <stdbool.h>

#include <sqlite3.h>

#include "simulation/world.h"

/* `each` is called once a row. False when it could not be read. */
bool rows_read(struct world *world, const char *sql, void (*each)(void *context, sqlite3_stmt *row),
               void *context);
/* The one number of the one row; -1 when it could not be read. */
int64_t rows_number(struct world *world, const char *sql);

#endif
