/* SPDX-License-Identifier: Apache-2.0 */
/* Files for node_exporter's textfile collector (client_python: exposition.py, write_to_textfile). */
#include "base/buffer.h"
#include "base/error.h"
#include "base/number.h"
#include "base/os.h"

#include <promc/exposition.h>

#include <errno.h>

/* A file that is written, and why it cannot be. */
struct textfile {
    int fd;
    int error; /* an errno */
};

static int write_all(const void *data, size_t size, void *arg)
{
    const char *at = data;
    struct textfile *file = arg;

    while (size) {
        long put = promc__os.write(file->fd, at, size);

        if (put <= 0) {
            file->error = put == 0 ? EIO : errno;
            return -1;
        }
        at += put;
        size -= (size_t)put;
    }
    return 0;
}

/* A name in the same directory that no other process or thread uses: path.pid.clock. */
static void temporary_name(promc__buffer *name, const char *path)
{
    char number[PROMC__NUMBER_SIZE];

    promc__buffer_string(name, path);
    promc__buffer_char(name, '.');
    promc__buffer_append(name, number, promc__write_i64(number, promc__os.process_id()));
    promc__buffer_char(name, '.');
    promc__buffer_append(name, number, promc__write_u64(number, promc__os.monotonic_ns()));
    promc__buffer_char(name, '\0');
}

/* Writes, syncs and closes; PROMC_ERROR_SINK leaves the reason in errno. */
static int fill_file(int fd, promc_registry *registry)
{
    struct textfile file = {.fd = fd};
    int status =
        promc_expose(registry, PROMC_FORMAT_TEXT | PROMC_ESCAPE_ALLOW_UTF_8, write_all, &file);

    if (status == PROMC_OK && promc__os.sync(fd) != 0 && errno != EINVAL && errno != ENOTSUP) {
        file.error = errno;
        status = PROMC_ERROR_SINK;
    }
    if (promc__os.close(fd) != 0 && status == PROMC_OK)
        return PROMC_ERROR_SINK;
    errno = file.error;
    return status;
}

int promc_write_to_textfile(const char *path, promc_registry *registry)
{
    promc__buffer name = PROMC__BUFFER(0);
    int fd, status;

    if (!path || !*path)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_write_to_textfile: there is no path");
    temporary_name(&name, path);
    if (name.error) {
        promc__buffer_free(&name);
        return promc__fail_memory(path);
    }
    fd = promc__os.open_new(name.data);
    if (fd < 0) {
        status = promc__fail_errno("cannot create %s", name.data);
        promc__buffer_free(&name);
        return status;
    }
    status = fill_file(fd, registry);
    if (status == PROMC_ERROR_SINK)
        status = promc__fail_errno("cannot write %s", name.data);
    if (status == PROMC_OK && promc__os.rename(name.data, path) != 0)
        status = promc__fail_errno("cannot rename %s to %s", name.data, path);
    if (status != PROMC_OK)
        (void)promc__os.unlink(name.data);
    promc__buffer_free(&name);
    return status;
}
