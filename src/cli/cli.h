/* The command line: picks the subcommand and runs it. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Starts the clocks and the randomness, then runs the subcommand. Returns the
 * exit code of the process (cli/command.h). */
int cli_run(int argc, char **argv);

#endif
