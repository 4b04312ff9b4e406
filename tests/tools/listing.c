/*
 * listing [-f] DIR: one line for each item below DIR, DIR itself as ".":
 *
 *     TYPE EXEC SIZE SECONDS.NANOSECONDS SHA256 PATH
 *
 * What does not apply is "-"; seconds are rounded down; in PATH all bytes but plain ASCII letters
 * stand as \ooo. -f: folders and files only. Any depth, any name. For comparing trees with diff.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

static bool files_only;

static void fail(const char *path)
{
    fprintf(stderr, "listing: %s: %s\n", path, strerror(errno));
    exit(1);
}

static void print_digest(int fd, const char *path)
{
    static uint8_t buf[1 << 18];
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state ctx;
    ssize_t n;

    (void)crypto_hash_sha256_init(&ctx);
    while ((n = read(fd, buf, sizeof buf)) > 0)
        (void)crypto_hash_sha256_update(&ctx, buf, (unsigned long long)n);
    if (n < 0)
        fail(path);
    (void)crypto_hash_sha256_final(&ctx, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        printf("%02x", digest[i]);
}

static void print_item(int at, const char *name, const char *path, const struct stat *st)
{
    bool is_file = S_ISREG(st->st_mode);
    const char *type = S_ISREG(st->st_mode)   ? "file"
                       : S_ISDIR(st->st_mode) ? "dir"
                       : S_ISLNK(st->st_mode) ? "link"
                                              : "special";

    printf("%s %s ", type, !is_file ? "-" : st->st_mode & S_IXUSR ? "x" : "n");
    if (is_file)
        printf("%jd ", (intmax_t)st->st_size);
    else
        printf("- ");
    printf("%jd.%09ld ", (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
    if (is_file) {
        int fd = openat(at, name, O_RDONLY | O_NOFOLLOW);

        if (fd < 0)
            fail(path);
        print_digest(fd, path);
        close(fd);
    } else {
        printf("-");
    }
    putchar(' ');
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;

        if (c > ' ' && c < 127 && c != '\\')
            putchar(c);
        else
            printf("\\%03o", c);
    }
    putchar('\n');
}

static void list(int at, const char *name, const char *path)
{
    struct stat st;
    struct dirent *entry;
    DIR *dir;
    int fd;

    if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        fail(path);
    if (!files_only || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
        print_item(at, name, path, &st);
    if (!S_ISDIR(st.st_mode))
        return;
    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL)
        fail(path);
    while ((entry = readdir(dir)) != NULL) {
        char *child = NULL;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&child, "%s%s%s", strcmp(path, ".") == 0 ? "" : path,
                     strcmp(path, ".") == 0 ? "" : "/", entry->d_name) < 0)
            fail(path);
        list(dirfd(dir), entry->d_name, child);
        free(child);
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    files_only = argc == 3 && strcmp(argv[1], "-f") == 0;
    if (argc != 2 + files_only) {
        fprintf(stderr, "usage: listing [-f] DIR\n");
        return 2;
    }
    if (chdir(argv[argc - 1]) != 0)
        fail(argv[argc - 1]);
    list(AT_FDCWD, ".", ".");
    return fflush(stdout) == 0 ? 0 : 1;
}
