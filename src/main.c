/* tillwire: starts the clocks and the randomness, then the command line. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return cli_run(argc, argv);
}
