/*
 * Confinement of the program itself, from when its work is laid out: the names of the files it may
 * still touch are then known. Public.
 *
 * On Linux with Landlock. On other systems nothing of this does anything.
 *
 *     int rules = plat_confine_begin();
 *     plat_confine_allow(rules, path, PLAT_MAY_READ);
 *     plat_confine_enter(rules);
 */
#ifndef SEAL_PLATFORM_CONFINE_H
#define SEAL_PLATFORM_CONFINE_H

enum plat_may {
    PLAT_MAY_READ,  /* a file, or a folder with all below it */
    PLAT_MAY_WRITE, /* read and change a file that exists */
    PLAT_MAY_LIST,  /* list a folder and those below it, and bring them to the medium */
    PLAT_MAY_FILL   /* do with a folder, and with files and folders below it, what outputs need */
};

/* A descriptor; -1: there is no confinement, and the other two do nothing. */
int plat_confine_begin(void);

/* What path leads to now may be touched in this way. Skips what does not exist. */
void plat_confine_allow(int rules, const char *path, enum plat_may may);

/* From now on this process and its workers may touch nothing else, except what the loader needs to
 * execute this program again; and this process may not allocate without bounds. Closes rules. */
void plat_confine_enter(int rules);

#endif
