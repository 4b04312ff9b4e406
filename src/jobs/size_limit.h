/*
 * size_limit: how much content unseal takes out of a sealed file unless --max-size allows more.
 * Both sides need it: unseal keeps to it, seal tells its user beforehand. Public.
 */
#ifndef SEAL_SIZE_LIMIT_H
#define SEAL_SIZE_LIMIT_H

#include <stdint.h>

/* So many times its own size, and never less than 1 GiB. */
#define SIZE_LIMIT_RATIO 64

/* The limit in bytes for a sealed file of that many. */
uint64_t size_limit_usual(uint64_t sealed_size);
/* If so much content in a sealed file of that size is beyond it: how many GiB the recipient should
 * give with --max-size. Else 0. */
uint64_t size_limit_needed(uint64_t content, uint64_t sealed_size);

#endif
