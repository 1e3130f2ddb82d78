/* A preloaded library: of the calls on files below a folder it lets one fail with an errno, or kills the process before it.
 *
 * arm_faults(folder, first, last, error): the calls from `first` to `last`, counted from 1, fail with `error`, or kill where that is 0;
 * with `first` 0 they are only counted. counted_calls() says how many there were.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[4096];
static size_t folder_length;
static long first_call, last_call;
static int with_error, only_changes;
static atomic_long calls;

void arm_faults(const char *below, long first, long last, int error, int changes) {
    strncpy(folder, below, sizeof folder - 1);
    folder_length = strlen(folder);
    first_call = first;
    last_call = last;
    with_error = error;
    only_changes = changes;
    atomic_store(&calls, 0);
}

long counted_calls(void) { return atomic_load(&calls); }

static int below(const char *path) {
    return folder_length && !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

/* Whether this call is to fail; it does not come back from one that kills. */
static int hit(void) {
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (!first_call || number < first_call || number > last_call) return 0;
    if (!with_error) kill(getpid(), SIGKILL);
    errno = with_error;
    return 1;
}

static int at_path(int dir, const char *path, int changes) {
    char link[64], place[8192];
    if (!folder_length || !path || (only_changes && !changes)) return 0;
    if (path[0] == '/') return below(path) && hit();
    if (dir == AT_FDCWD) strcpy(link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t length = syscall(SYS_readlink, link, place, 4095);
    if (length < 0) return 0;
    snprintf(place + length, sizeof place - length, "/%s", path);
    return below(place) && hit();
}

static int at_file(int file, int changes) {
    char link[64], place[4096];
    if (!folder_length || (only_changes && !changes)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlink, link, place, sizeof place - 1);
    if (length < 0) return 0;
    place[length] = 0;
    return below(place) && hit();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ON_PATH(kind, name, changes, dir, path, arguments, ...) \
    kind name(__VA_ARGS__) { return at_path(dir, path, changes) ? (kind)-1 : REAL(name) arguments; }
#define ON_FILE(kind, name, changes, arguments, ...) \
    kind name(__VA_ARGS__) { return at_file(file, changes) ? (kind)-1 : REAL(name) arguments; }

#define OPEN(name, dir, head, ...)                                          \
    int name(__VA_ARGS__, ...) {                                            \
        va_list rest;                                                       \
        va_start(rest, flags);                                              \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0; \
        va_end(rest);                                                       \
        return at_path(dir, path, flags & (O_CREAT | O_TRUNC)) ? -1 : REAL(name) head; \
    }
OPEN(open, AT_FDCWD, (path, flags, mode), const char *path, int flags)
OPEN(open64, AT_FDCWD, (path, flags, mode), const char *path, int flags)
OPEN(openat, dir, (dir, path, flags, mode), int dir, const char *path, int flags)
OPEN(openat64, dir, (dir, path, flags, mode), int dir, const char *path, int flags)

ON_PATH(int, mkdir, 1, AT_FDCWD, path, (path, mode), const char *path, mode_t mode)
ON_PATH(int, mkdirat, 1, dir, path, (dir, path, mode), int dir, const char *path, mode_t mode)
ON_PATH(int, rename, 1, AT_FDCWD, path, (path, to), const char *path, const char *to)
ON_PATH(int, renameat, 1, dir, path, (dir, path, other, to), int dir, const char *path, int other, const char *to)
ON_PATH(int, unlink, 1, AT_FDCWD, path, (path), const char *path)
ON_PATH(int, unlinkat, 1, dir, path, (dir, path, flags), int dir, const char *path, int flags)
ON_PATH(int, rmdir, 1, AT_FDCWD, path, (path), const char *path)
ON_PATH(int, stat, 0, AT_FDCWD, path, (path, to), const char *path, struct stat *to)
ON_PATH(int, lstat, 0, AT_FDCWD, path, (path, to), const char *path, struct stat *to)
ON_PATH(int, fstatat, 0, dir, path, (dir, path, to, flags), int dir, const char *path, struct stat *to, int flags)
ON_PATH(int, stat64, 0, AT_FDCWD, path, (path, to), const char *path, struct stat64 *to)
ON_PATH(int, lstat64, 0, AT_FDCWD, path, (path, to), const char *path, struct stat64 *to)
ON_PATH(int, fstatat64, 0, dir, path, (dir, path, to, flags), int dir, const char *path, struct stat64 *to, int flags)
ON_PATH(int, access, 0, AT_FDCWD, path, (path, mode), const char *path, int mode)
DIR *opendir(const char *path) { return at_path(AT_FDCWD, path, 0) ? NULL : REAL(opendir)(path); }

ON_FILE(int, fsync, 1, (file), int file)
ON_FILE(int, fdatasync, 1, (file), int file)
ON_FILE(int, ftruncate, 1, (file, size), int file, off_t size)
ON_FILE(int, ftruncate64, 1, (file, size), int file, off64_t size)
ON_FILE(ssize_t, write, 1, (file, from, size), int file, const void *from, size_t size)
ON_FILE(ssize_t, writev, 1, (file, from, count), int file, const struct iovec *from, int count)
ON_FILE(ssize_t, pwrite, 1, (file, from, size, at), int file, const void *from, size_t size, off_t at)
ON_FILE(ssize_t, pwrite64, 1, (file, from, size, at), int file, const void *from, size_t size, off64_t at)
ON_FILE(ssize_t, read, 0, (file, to, size), int file, void *to, size_t size)
ON_FILE(ssize_t, pread, 0, (file, to, size, at), int file, void *to, size_t size, off_t at)
ON_FILE(ssize_t, pread64, 0, (file, to, size, at), int file, void *to, size_t size, off64_t at)
