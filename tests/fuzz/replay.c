/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives a target inputs that are there already, without a fuzzing engine: replay [FILE|FOLDER]...
 * Without arguments it takes the target's own corpus, from the root of the repository. Every input
 * is a block of exactly its size, so that reading past its end is seen.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>

static unsigned long inputs;

static void replay(const char *path);

static void replay_folder(const char *path, DIR *folder)
{
    struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        char *inside;
        size_t size = strlen(path) + strlen(entry->d_name) + 2;

        if (entry->d_name[0] == '.')
            continue;
        inside = test_memory(size);
        snprintf(inside, size, "%s/%s", path, entry->d_name);
        replay(inside);
        free(inside);
    }
}

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, room = 1 << 20;
    char *data = test_memory(room), *exact;

    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    for (size_t got; (got = fread(data + size, 1, room - size, file)) > 0;) {
        size += got;
        if (size < room)
            continue;
        data = realloc(data, room *= 2);
        require(data != NULL);
    }
    fclose(file);
    exact = test_copy(data, size);
    free(data);
    /* Stays in the log if this is the one that fails. */
    fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput((const uint8_t *)exact, size);
    free(exact);
    inputs++;
}

static void replay(const char *path)
{
    DIR *folder = opendir(path);

    if (folder) {
        replay_folder(path, folder);
        closedir(folder);
    } else {
        replay_file(path);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        replay(CORPUS);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%lu inputs\n", inputs);
    return inputs ? 0 : 1;
}
