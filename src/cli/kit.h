/*
 * kit: what an organization puts on a stick for who is to seal to it; private to this room.
 */
#ifndef SEAL_CLI_KIT_H
#define SEAL_CLI_KIT_H

#include "cli/cli.h"

/* The key that seal takes by itself where it lies beside the program. */
#define KIT_RECIPIENT "recipient.pub"

/* sealkey kit */
enum exit_code command_kit(int argc, char **argv);

#endif
