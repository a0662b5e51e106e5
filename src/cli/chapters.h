/* The tables of subcommands, one per file of this room. */
#ifndef CLI_CHAPTERS_H
#define CLI_CHAPTERS_H

#include "cli/command.h"

struct cli_chapter {
    const struct cli_command *commands;
    size_t count;
};

extern const struct cli_chapter cli_dev_chapter;
extern const struct cli_chapter cli_serve_chapter;
extern const struct cli_chapter cli_terminal_chapter;
extern const struct cli_chapter cli_pos_pair_chapter;
extern const struct cli_chapter cli_pos_chapter;
extern const struct cli_chapter cli_pos_pay_chapter;
extern const struct cli_chapter cli_pos_payment_chapter;
extern const struct cli_chapter cli_pos_listen_chapter;
extern const struct cli_chapter cli_admin_chapter;
extern const struct cli_chapter cli_backup_chapter;

#endif
