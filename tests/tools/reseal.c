/*
 * reseal KEY SEALED OUT: seals the same content again, but its seek table says of each frame that
 * it holds one byte. So it declares next to nothing, and what it holds shows only as it is read.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "envelope/envelope.h"
#include "keys/keys.h"
#include "stream/stream.h"
#include "volume/volume.h"

#define ROW_LEN 8
#define FOOTER_LEN 9

static void must(enum seal_status status)
{
    if (status == SEAL_OK)
        return;
    fprintf(stderr, "reseal: status %d\n", (int)status);
    exit(1);
}

static struct identity *open_key(const char *path)
{
    struct fault fault = {.status = SEAL_OK};
    struct key_file file;
    struct identity *id;

    must(key_file_read(&file, path, &fault));
    must(secret_record_open(&id, &file.secrets[0], NULL, 0, &fault));
    key_file_free(&file);
    return id;
}

static enum seal_status keep(void *self, const void *data, size_t len, struct fault *fault)
{
    (void)fault;
    return buffer_append(self, data, len);
}

static void lie(uint8_t *content, size_t len)
{
    size_t rows = load_u32(content + len - FOOTER_LEN);

    for (size_t i = 1; i <= rows; i++)
        store_u32(content + len - FOOTER_LEN - i * ROW_LEN + 4, 1);
}

int main(int argc, char **argv)
{
    struct fault fault = {.status = SEAL_OK};
    struct buffer content = {0};
    const struct sink to = {keep, &content};
    struct envelope env;
    struct volume_in *in;
    struct stream_reader *reader;
    struct stream_writer *writer;
    struct random random;
    struct identity *id;
    uint8_t head[HEAD_LEN_MAX], digest[32], receipt[32];
    uint64_t content_len;
    size_t len, which;
    bool is_last;
    int fd;

    if (argc != 4)
        return 2;
    id = open_key(argv[1]);
    must(volume_open(&in, argv[2], &fault));
    must(envelope_open(&env, volume_head(in, &len), &id, 1, &which, &fault));
    memcpy(head, volume_head(in, &len), sizeof head);
    must(stream_reader_new(&reader, &env, in, NULL, &fault));
    must(stream_reader_copy(reader, &to, &content_len, digest, receipt, &fault));
    lie(content.data, (size_t)content_len);
    fd = open(argv[3], O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(random_start(&random, NULL, 0));
    must(stream_writer_new(&writer, &env, head, (struct padding){0}, NULL, fd, &fault));
    must(stream_write(writer, content.data, (size_t)content_len, &fault));
    must(stream_writer_finish(writer, digest, &random, receipt, &fault));
    return fd >= 0 && close(fd) == 0 ? 0 : 1;
}
