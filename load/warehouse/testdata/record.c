// Writes down what a process does to the files of one directory, in order: preloaded into it, this stands
// before the C library, through which DuckDB does all its writing. KYCSYNC_TEST_RECORD names the
// directory, KYCSYNC_TEST_RECORD_LOG the log. An entry is a line of words and then the bytes:
//
//	write FILE OFFSET LENGTH\n<bytes>      truncate FILE LENGTH 0\n
//	punch FILE OFFSET LENGTH\n             sync FILE 0 0\n
//	create FILE 0 0\n                      remove FILE 0 0\n
//	rename FILE 0 LENGTH\n<the new name>
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // held while a call is made and written down
static const char *dir;
static int log_fd = -1;

__attribute__((constructor)) static void start(void) {
	const char *name = getenv("KYCSYNC_TEST_RECORD_LOG");
	dir = getenv("KYCSYNC_TEST_RECORD");
	if (name && dir)
		log_fd = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// below returns the name of path inside the directory, or null.
static const char *below(const char *path) {
	size_t n;
	if (log_fd < 0)
		return 0;
	n = strlen(dir);
	return !strncmp(path, dir, n) && path[n] == '/' && !strchr(path + n + 1, '/') ? path + n + 1 : 0;
}

// of returns the name of an open file inside the directory, or null.
static const char *of(int fd, char *buf, size_t size) {
	char link[64];
	ssize_t n;
	if (log_fd < 0)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, buf, size - 1);
	if (n < 0)
		return 0;
	buf[n] = 0;
	return below(buf);
}

static void note(const char *op, const char *name, long long a, long long b, const void *data, size_t len) {
	char head[4400];
	int n = snprintf(head, sizeof head, "%s %s %lld %lld\n", op, name, a, b), saved = errno;
	char *entry = malloc(n + len);
	size_t done = 0;
	memcpy(entry, head, n);
	if (len)
		memcpy(entry + n, data, len);
	while (done < n + len) {
		long w = syscall(SYS_write, log_fd, entry + done, n + len - done);
		if (w < 0)
			_exit(99);
		done += w;
	}
	free(entry);
	errno = saved;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at) {
	char buf[4096];
	const char *name = of(fd, buf, sizeof buf);
	ssize_t n;
	if (!name)
		return syscall(SYS_pwrite64, fd, data, len, at);
	pthread_mutex_lock(&mutex);
	n = syscall(SYS_pwrite64, fd, data, len, at);
	if (n > 0)
		note("write", name, at, n, data, n);
	pthread_mutex_unlock(&mutex);
	return n;
}

ssize_t write(int fd, const void *data, size_t len) {
	char buf[4096];
	const char *name = of(fd, buf, sizeof buf);
	struct stat st;
	off_t at;
	ssize_t n;
	if (!name)
		return syscall(SYS_write, fd, data, len);
	pthread_mutex_lock(&mutex);
	at = lseek(fd, 0, SEEK_CUR);
	if ((fcntl(fd, F_GETFL) & O_APPEND) && !fstat(fd, &st))
		at = st.st_size;
	n = syscall(SYS_write, fd, data, len);
	if (n > 0)
		note("write", name, at, n, data, n);
	pthread_mutex_unlock(&mutex);
	return n;
}

int ftruncate(int fd, off_t len) {
	char buf[4096];
	const char *name = of(fd, buf, sizeof buf);
	int r;
	pthread_mutex_lock(&mutex);
	r = syscall(SYS_ftruncate, fd, len);
	if (name && !r)
		note("truncate", name, len, 0, 0, 0);
	pthread_mutex_unlock(&mutex);
	return r;
}

int fallocate(int fd, int mode, off_t at, off_t len) {
	char buf[4096];
	const char *name = of(fd, buf, sizeof buf);
	int r;
	pthread_mutex_lock(&mutex);
	r = syscall(SYS_fallocate, fd, mode, at, len);
	if (name && !r)
		note("punch", name, at, len, 0, 0);
	pthread_mutex_unlock(&mutex);
	return r;
}

int fsync(int fd) {
	char buf[4096];
	const char *name = of(fd, buf, sizeof buf);
	int r;
	pthread_mutex_lock(&mutex);
	r = syscall(SYS_fsync, fd);
	if (name && !r)
		note("sync", name, 0, 0, 0, 0);
	pthread_mutex_unlock(&mutex);
	return r;
}

int open(const char *path, int flags, ...) {
	const char *name = below(path);
	struct stat st;
	int fd, mode = 0, fresh;
	if (flags & (O_CREAT | O_TMPFILE)) {
		va_list ap;
		va_start(ap, flags);
		mode = va_arg(ap, int);
		va_end(ap);
	}
	if (!name)
		return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	pthread_mutex_lock(&mutex);
	fresh = stat(path, &st) != 0;
	fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fd >= 0 && fresh)
		note("create", name, 0, 0, 0, 0);
	else if (fd >= 0 && (flags & O_TRUNC))
		note("truncate", name, 0, 0, 0, 0);
	pthread_mutex_unlock(&mutex);
	return fd;
}

int unlink(const char *path) {
	const char *name = below(path);
	int r;
	pthread_mutex_lock(&mutex);
	r = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (name && !r)
		note("remove", name, 0, 0, 0, 0);
	pthread_mutex_unlock(&mutex);
	return r;
}

int remove(const char *path) { return unlink(path) == 0 ? 0 : syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR); }

int rename(const char *from, const char *to) {
	const char *name = below(from), *next = below(to);
	int r;
	pthread_mutex_lock(&mutex);
	r = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (name && next && !r)
		note("rename", name, 0, strlen(next), next, strlen(next));
	pthread_mutex_unlock(&mutex);
	return r;
}
