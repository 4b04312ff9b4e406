/*
 * is_folder: whether a path that somebody gave leads to a folder. Public.
 */
#ifndef SEAL_IS_FOLDER_H
#define SEAL_IS_FOLDER_H

#include <stdbool.h>

/* Links are followed. "-", which means standard input or output, is no folder. */
bool is_folder(const char *path);

#endif
