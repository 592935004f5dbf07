/// The few lines that Swift cannot say: variadic calls, GNU-only calls, fork, and code that must be
/// safe inside a signal handler. Everything returns -1 and sets errno on failure, as the calls do.
#ifndef AGIM_CPOSIX_H
#define AGIM_CPOSIX_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

/// A pipe whose both ends are close-on-exec.
int agim_pipe(int fds[2]);

/// Open-file-description lock on the whole file: 0 got it, -1 with EAGAIN when another has it.
/* Random bytes of the system: how many, or -1. At most 256 at once. */
long agim_random(void *bytes, size_t count);

int agim_ofd_lock(int fd);
/* The same, shared with others that share it. */
int agim_ofd_share(int fd);

/// POSIX record lock on the first byte (per process, so that two processes that inherited one
/// description exclude each other). `wait` blocks until it is there or a signal comes.
int agim_record_lock(int fd, bool wait);
int agim_record_unlock(int fd);

/// Closes nothing, spawns `path` with `argv` and `envp`. fds[0..2] become 0, 1, 2 (-1: /dev/null);
/// everything else is closed. The child leads a session of its own and has default signals.
/// Returns the pid. ENOENT and EACCES are reported as by exec.
int agim_spawn(const char *path, char *const argv[], char *const envp[], const char *directory,
                 const int fds[3], bool new_session);

/// Forks: the caller goes on as the worker (returns 0), its parent stays as the guardian, ends
/// everything below when the worker is gone, and leaves with the worker's status. If the guardian
/// dies, the worker ends everything below itself and then itself.
/// `name` (at most 15 bytes) is what the guardian is called in process lists.
int agim_guard_start(const char *name);

/// Sends SIGKILL to every child, and to what is reparented to us by that, until none is left or
/// `limit_ms` have passed. Returns the number that is left.
int agim_kill_children(int limit_ms);

/// Forbids other processes of the same user to read our memory and environment.
int agim_set_undumpable(void);

/// Makes orphans below us our children, and says whether they become ours.
int agim_set_subreaper(void);
bool agim_is_subreaper(void);

/// A descriptor that becomes readable when one of `signals` (at most 16) comes; they are blocked.
int agim_signal_descriptor(const int *signals, int count);
/// The next signal on it, 0 if there is none now.
int agim_signal_next(int fd);

/// Watches `path` for touches (IN_ATTRIB, IN_CLOSE_WRITE); non-blocking, close-on-exec.
int agim_inotify(const char *path);
/// Reads away what inotify reported: true if there was anything.
bool agim_inotify_drain(int fd);

/// A descriptor that becomes readable when process `pid` ends.
int agim_pidfd(int pid);

/// Without SIGPIPE, and without waiting: for sockets.
long agim_send_now(int fd, const void *bytes, size_t count);

/// Puts a terminal into the mode in which every key comes as it is pressed, and remembers the one it was in.
/// However the process ends, but by SIGKILL, the old mode comes back, also from a fatal signal.
int agim_terminal_enter(int fd);
/// Puts the terminal back; harmless when it was not entered.
void agim_terminal_leave(void);
/// Keeps a terminal from showing what is typed, until `agim_terminal_unhush` or whatever stops or ends the process.
int agim_terminal_hush(int fd);
void agim_terminal_unhush(void);
bool agim_terminal_size(int fd, int *rows, int *columns);
/// Whether both descriptors are the same terminal.
bool agim_same_terminal(int one, int other);
/// Stops this process until it is continued.
void agim_stop_self(void);

/// Unix stream sockets by a name in a directory, whose path may be longer than an address takes.
/// Close-on-exec, non-blocking. A listening one is made anew with mode 600.
int agim_local_listen(const char *directory, const char *name);
int agim_local_connect(const char *directory, const char *name);
int agim_local_accept(int fd);
/// Who is at the other end.
int agim_local_peer(int fd, unsigned *user, int *process);

/// A TCP socket that listens at a numeric address; close-on-exec, non-blocking, and so is what it accepts.
int agim_listen(const char *host, unsigned short port);
/// The port that a socket has; 0 where it has none.
int agim_local_port(int fd);
/// The next one who connected; the address (a sockaddr) is written where it is told.
int agim_accept(int fd, void *address, unsigned int *length);

/// Opens a file by an absolute path, close-on-exec, and follows no link in any part of it.
int agim_open_without_links(const char *path, int flags);

bool agim_is_pipe(int fd);
bool agim_is_socket(int fd);
char **agim_environ(void);

/// The name of a Unicode scalar, in place of the Swift library's own function: no name. Its tables are half a
/// megabyte, and nothing here asks for one; see `release` in Package.swift.
intptr_t agim_no_scalar_name(uint32_t scalar, uint8_t *name, intptr_t room);
/// Stands for the library's table of the versions of Unicode that scalars are from; none.
uint16_t agim_no_age(uint32_t scalar);
/// Stands for the reader of C++'s names, which only backtraces use: it fails.
char *agim_no_demangling(const char *name, char *room, size_t *length, int *status);

#endif
