/* The search of a process's whole memory for secrets. */
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* The tool `hidden` masks each byte with it. */
#define MASK 0xa5
#define SECRETS_MAX 16
#define SECRET_LEN_MAX 128
#define PIECE_LEN ((size_t)256 * 1024)

static struct secret {
    char name[32];
    uint8_t masked[SECRET_LEN_MAX];
    size_t len;
    unsigned long found;
    char where[256]; /* the first time */
} secrets[SECRETS_MAX];
static size_t secret_count;
static int maps_fd = -1, mem_fd = -1;
/* Memory is copied here to be searched. What is found in it is not counted. */
static uint8_t piece[PIECE_LEN];
static char maps[512 * 1024];

/* A file like the one that LD_PROBE_SECRETS names. */
static void read_secrets(const char *path)
{
    char line[512], hex[2 * SECRET_LEN_MAX + 1];
    FILE *f = fopen(path, "r");

    if (f == NULL)
        abort();
    while (secret_count < SECRETS_MAX && fgets(line, sizeof line, f) != NULL) {
        struct secret *s = &secrets[secret_count++];

        if (sscanf(line, "%31s %256s", s->name, hex) != 2)
            abort();
        for (s->len = 0; hex[2 * s->len] != '\0'; s->len++) {
            unsigned int byte;

            if (sscanf(hex + 2 * s->len, "%2x", &byte) != 1)
                abort();
            s->masked[s->len] = (uint8_t)byte;
        }
    }
    (void)fclose(f);
}

void secrets_open(const char *path)
{
    if (path != NULL)
        read_secrets(path);
    maps_fd = open_out_of_the_way("/proc/self/maps");
    mem_fd = open_out_of_the_way("/proc/self/mem");
}

bool secrets_are_wanted(void)
{
    return secret_count > 0;
}

static bool is_at(const struct secret *s, const uint8_t *p)
{
    for (size_t i = 0; i < s->len; i++)
        if ((p[i] ^ MASK) != s->masked[i])
            return false;
    return true;
}

static void search_piece(uintptr_t start, size_t len, const char *mapping)
{
    for (size_t i = 0; i < len; i++) {
        uintptr_t address = start + i;

        if (address >= (uintptr_t)piece && address < (uintptr_t)piece + sizeof piece)
            continue;
        for (size_t k = 0; k < secret_count; k++) {
            struct secret *s = &secrets[k];

            if ((piece[i] ^ MASK) == s->masked[0] && i + s->len <= len && is_at(s, piece + i) &&
                s->found++ == 0)
                (void)snprintf(s->where, sizeof s->where, "%.200s at %lx", mapping,
                               (unsigned long)address);
        }
    }
}

/* Pieces overlap, so that a secret across a border is found. One that lies in both is counted
 * twice. */
static void search_mapping(uintptr_t start, uintptr_t end, const char *mapping)
{
    while (start < end) {
        size_t len = end - start < PIECE_LEN ? end - start : PIECE_LEN;
        long n = real_syscall(SYS_pread64, mem_fd, piece, len, start);

        if (n > 0)
            search_piece(start, (size_t)n, mapping);
        if (n == (long)PIECE_LEN)
            start += PIECE_LEN - SECRET_LEN_MAX;
        else
            start += n <= 0 ? 4096 : (uintptr_t)n;
    }
    for (volatile uint8_t *p = piece; p < piece + sizeof piece; p++)
        *p = 0;
}

static void read_maps(void)
{
    size_t len = 0;
    long n;

    while (len < sizeof maps - 1 &&
           (n = real_syscall(SYS_pread64, maps_fd, maps + len, sizeof maps - 1 - len, len)) > 0)
        len += (size_t)n;
    maps[len] = '\0';
}

void secrets_search(const char *when)
{
    unsigned long searched = 0;

    if (secret_count == 0)
        return;
    for (size_t i = 0; i < secret_count; i++)
        secrets[i].found = 0;
    read_maps();
    for (char *line = maps, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        unsigned long from, to;
        char rights[8], name[256] = "no file";

        *end = '\0';
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255[^\n]", &from, &to, rights, name) < 3 ||
            strncmp(name, "[v", 2) == 0)
            continue;
        search_mapping(from, to, name);
        searched += to - from;
    }
    report("%s %s searched %lu\n", process_name(), when, searched);
    for (size_t i = 0; i < secret_count; i++) {
        struct secret *s = &secrets[i];

        if (s->found == 0)
            report("%s %s %s absent\n", process_name(), when, s->name);
        else
            report("%s %s %s found %lu in %s\n", process_name(), when, s->name, s->found, s->where);
    }
}
