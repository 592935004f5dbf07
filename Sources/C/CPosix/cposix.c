#define _GNU_SOURCE
#include "CPosix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int agim_pipe(int fds[2]) { return pipe2(fds, O_CLOEXEC); }

static int record(int fd, int command, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
  return fcntl(fd, command, &lock);
}

long agim_random(void *bytes, size_t count) { return getrandom(bytes, count, 0); }
int agim_ofd_lock(int fd) { return record(fd, F_OFD_SETLK, F_WRLCK); }
int agim_ofd_share(int fd) { return record(fd, F_OFD_SETLK, F_RDLCK); }
int agim_record_lock(int fd, bool wait) { return record(fd, wait ? F_SETLKW : F_SETLK, F_WRLCK); }
int agim_record_unlock(int fd) { return record(fd, F_SETLK, F_UNLCK); }

int agim_spawn(const char *path, char *const argv[], char *const envp[], const char *directory,
                 const int fds[3], bool new_session) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  pid_t pid = -1;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) { errno = failed; return -1; }
  failed = posix_spawnattr_init(&attributes);
  if (failed) { posix_spawn_file_actions_destroy(&actions); errno = failed; return -1; }

  for (int i = 0; i < 3 && !failed; i++) {
    failed = fds[i] < 0
      ? posix_spawn_file_actions_addopen(&actions, i, "/dev/null", i ? O_WRONLY : O_RDONLY, 0)
      : posix_spawn_file_actions_adddup2(&actions, fds[i], i);
  }
  if (!failed && directory) failed = posix_spawn_file_actions_addchdir_np(&actions, directory);
  if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(&actions, 3);

  sigemptyset(&none);
  sigfillset(&all);
  if (!failed) failed = posix_spawnattr_setsigmask(&attributes, &none);
  if (!failed) failed = posix_spawnattr_setsigdefault(&attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (new_session) flags |= POSIX_SPAWN_SETSID;
  if (!failed) failed = posix_spawnattr_setflags(&attributes, flags);
  if (!failed) failed = posix_spawn(&pid, path, &actions, &attributes, argv, envp);

  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) { errno = failed; return -1; }
  return pid;
}

// The parent's pid from /proc/PID/stat: the fourth field, counted from the last ')' because the
// second may hold anything.
static pid_t parent_of(const char *digits) {
  char path[32] = "/proc/", text[512];
  size_t at = 6;
  while (*digits && at < 20) path[at++] = *digits++;
  memcpy(path + at, "/stat", 6);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return -1;
  text[length] = 0;
  const char *end = strrchr(text, ')');
  if (!end || end[1] != ' ' || !end[2] || end[3] != ' ') return -1;
  pid_t parent = 0;
  for (const char *c = end + 4; *c >= '0' && *c <= '9'; c++) parent = parent * 10 + (*c - '0');
  return parent;
}

struct entry {
  uint64_t inode;
  int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[];
};

// Only system calls and a static buffer: this runs in a signal handler too, where opendir may not.
static void signal_children(int number) {
  static _Alignas(8) char buffer[16384];
  pid_t self = getpid();
  int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return;
  for (;;) {
    long length = syscall(SYS_getdents64, proc, buffer, sizeof buffer);
    if (length <= 0) break;
    for (long at = 0; at < length;) {
      struct entry *entry = (struct entry *)(buffer + at);
      at += entry->size;
      pid_t pid = 0;
      const char *c = entry->name;
      for (; *c >= '0' && *c <= '9'; c++) pid = pid * 10 + (*c - '0');
      if (*c || pid <= 1 || pid == self) continue;
      if (parent_of(entry->name) == self) kill(pid, number);
    }
  }
  close(proc);
}

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int agim_kill_children(int limit_ms) {
  int64_t deadline = milliseconds() + limit_ms;
  for (;;) {
    // Usually nothing is left, and looking through /proc can be saved.
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) {}
    if (ended < 0 && errno == ECHILD) return 0;
    signal_children(SIGKILL);
    if (milliseconds() > deadline) return 1;
    struct timespec pause = {.tv_nsec = 2000000};
    nanosleep(&pause, NULL);
  }
}

static void guardian_is_gone(int number) {
  (void)number;
  agim_kill_children(10000);
  _exit(128 + SIGKILL);
}

static void forward_until_worker_ends(pid_t worker, const sigset_t *all) {
  for (;;) {
    int number = sigwaitinfo(all, NULL);
    if (number < 0) continue;
    if (number != SIGCHLD) {
      kill(worker, number);
      // All of a job stops, or the shell takes it for running and does not continue it.
      if (number == SIGTSTP || number == SIGTTIN || number == SIGTTOU) raise(SIGSTOP);
      continue;
    }
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended != worker) continue;
      agim_kill_children(10000);
      if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
      // Leave as the worker did, so that the shell sees the truth.
      struct rlimit none = {0, 0};
      setrlimit(RLIMIT_CORE, &none);
      sigset_t empty;
      sigemptyset(&empty);
      signal(WTERMSIG(status), SIG_DFL);
      sigprocmask(SIG_SETMASK, &empty, NULL);
      raise(WTERMSIG(status));
      _exit(128 + WTERMSIG(status));
    }
  }
}

int agim_guard_start(const char *name) {
  sigset_t all, before;
  int gone = SIGRTMIN + 3;
  sigfillset(&all);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return -1;
  // The guardian keeps the environment it was started with: what is below must not read it.
  if (agim_set_undumpable() < 0) return -1;
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t guardian = getpid();
  pid_t worker = fork();
  if (worker < 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    return -1;
  }
  if (worker == 0) {
    struct sigaction action = {.sa_handler = guardian_is_gone};
    sigfillset(&action.sa_mask);
    sigaction(gone, &action, NULL);
    // Of its own group: a kill of the pipeline's group takes the guardian, and we clean up.
    setpgid(0, 0);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) _exit(71);
    if (prctl(PR_SET_PDEATHSIG, gone, 0, 0, 0) < 0) _exit(71);
    if (getppid() != guardian) _exit(128 + SIGKILL);
    sigdelset(&before, gone);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return 0;
  }
  prctl(PR_SET_NAME, name, 0, 0, 0);
  // The guardian must not keep the pipes of its neighbours open.
  int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
  }
  closefrom(3);
  forward_until_worker_ends(worker, &all);
  return 0;
}

int agim_set_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
int agim_set_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

bool agim_is_subreaper(void) {
  int is = 0;
  return prctl(PR_GET_CHILD_SUBREAPER, &is, 0, 0, 0) == 0 && is != 0;
}

int agim_signal_descriptor(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int agim_signal_next(int fd) {
  struct signalfd_siginfo info;
  return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

int agim_inotify(const char *path) {
  int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return -1;
  if (inotify_add_watch(fd, path, IN_ATTRIB | IN_CLOSE_WRITE) < 0) {
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
  }
  return fd;
}

bool agim_inotify_drain(int fd) {
  char buffer[4096];
  bool any = false;
  while (read(fd, buffer, sizeof buffer) > 0) any = true;
  return any;
}

int agim_pidfd(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

long agim_send_now(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// What a signal handler needs to put the terminal back.
static volatile sig_atomic_t terminal = -1;
static struct termios terminal_before;

void agim_terminal_leave(void) {
  int fd = terminal;
  if (fd < 0) return;
  terminal = -1;
  // A terminal that is gone, or that has been given to another job, is not ours to change.
  pid_t group = tcgetpgrp(fd);
  if (group >= 0 && group != getpgrp()) return;
  ssize_t ignored = write(fd, "\033[?2004l", 8);
  (void)ignored;
  tcsetattr(fd, TCSADRAIN, &terminal_before);
}

static void terminal_crash(int number) {
  int fd = terminal;
  if (fd >= 0) {
    terminal = -1;
    ssize_t ignored = write(fd, "\033[?2004l\r\n", 10);
    (void)ignored;
    tcsetattr(fd, TCSANOW, &terminal_before);
  }
  signal(number, SIG_DFL);
  raise(number);
}

int agim_terminal_enter(int fd) {
  static bool prepared = false;
  struct termios raw;
  if (terminal < 0) {
    if (tcgetattr(fd, &terminal_before) < 0) return -1;
  }
  raw = terminal_before;
  raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
  raw.c_iflag |= IUTF8;
  raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
  raw.c_cflag |= CS8;
  // Output processing stays on: what others write there still begins at the left.
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (!prepared) {
    prepared = true;
    atexit(agim_terminal_leave);
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
    struct sigaction action = {.sa_handler = terminal_crash, .sa_flags = SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) sigaction(fatal[i], &action, NULL);
  }
  terminal = fd;
  int failed;
  do { failed = tcsetattr(fd, TCSADRAIN, &raw); } while (failed < 0 && errno == EINTR);
  if (failed < 0) {
    int reason = errno;
    terminal = -1;
    errno = reason;
    return -1;
  }
  return 0;
}

static volatile sig_atomic_t hushed = -1;
static struct termios shown_before, hush;
// What people and systems end or stop a process by; what is ignored stays ignored.
static const int hush_ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

static void hush_over(int number) {
  int fd = hushed;
  if (fd >= 0) tcsetattr(fd, TCSANOW, &shown_before);
  if (number == SIGTSTP) {
    raise(SIGSTOP);
    if (fd >= 0) tcsetattr(fd, TCSANOW, &hush);
    return;
  }
  signal(number, SIG_DFL);
  raise(number);
}

int agim_terminal_hush(int fd) {
  if (tcgetattr(fd, &shown_before) < 0) return -1;
  hush = shown_before;
  hush.c_lflag &= ~(tcflag_t)ECHO;
  hush.c_lflag |= ECHONL;
  hushed = fd;
  struct sigaction action = {.sa_handler = hush_over, .sa_flags = SA_RESTART}, known;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof hush_ends / sizeof *hush_ends; i++)
    if (sigaction(hush_ends[i], NULL, &known) == 0 && known.sa_handler == SIG_DFL)
      sigaction(hush_ends[i], &action, NULL);
  int failed;
  do { failed = tcsetattr(fd, TCSADRAIN, &hush); } while (failed < 0 && errno == EINTR);
  if (failed < 0) agim_terminal_unhush();
  return failed;
}

void agim_terminal_unhush(void) {
  int fd = hushed;
  if (fd < 0) return;
  tcsetattr(fd, TCSADRAIN, &shown_before);
  hushed = -1;
  struct sigaction known;
  for (size_t i = 0; i < sizeof hush_ends / sizeof *hush_ends; i++)
    if (sigaction(hush_ends[i], NULL, &known) == 0 && known.sa_handler == hush_over) signal(hush_ends[i], SIG_DFL);
}

bool agim_terminal_size(int fd, int *rows, int *columns) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0) return false;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return true;
}

bool agim_same_terminal(int one, int other) {
  struct stat first, second;
  return isatty(one) && isatty(other) && fstat(one, &first) == 0 && fstat(other, &second) == 0
    && first.st_rdev == second.st_rdev;
}

void agim_stop_self(void) { raise(SIGSTOP); }

// Works in the directory for a moment, because an address takes 107 bytes and a path may have more.
static int with_local(const char *directory, const char *name, int (*use)(int, const struct sockaddr_un *)) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(name) >= sizeof address.sun_path) { errno = ENAMETOOLONG; return -1; }
  strcpy(address.sun_path, name);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int failed = here < 0 || chdir(directory) < 0 ? -1 : use(fd, &address);
  int reason = errno;
  if (here >= 0) {
    if (fchdir(here) < 0 && !failed) { failed = -1; reason = errno; }
    close(here);
  }
  if (!failed) return fd;
  close(fd);
  errno = reason;
  return -1;
}

static int use_listen(int fd, const struct sockaddr_un *address) {
  if (unlink(address->sun_path) < 0 && errno != ENOENT) return -1;
  mode_t before = umask(0177);
  int failed = bind(fd, (const struct sockaddr *)address, sizeof *address);
  int reason = errno;
  umask(before);
  errno = reason;
  return failed || listen(fd, 16) < 0 ? -1 : 0;
}

static int use_connect(int fd, const struct sockaddr_un *address) {
  return connect(fd, (const struct sockaddr *)address, sizeof *address);
}

int agim_local_listen(const char *directory, const char *name) { return with_local(directory, name, use_listen); }
int agim_local_connect(const char *directory, const char *name) { return with_local(directory, name, use_connect); }
int agim_local_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int agim_local_peer(int fd, unsigned *user, int *process) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -1;
  *user = peer.uid;
  *process = peer.pid;
  return 0;
}

static bool is_kind(int fd, mode_t kind) {
  struct stat status;
  return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

int agim_open_without_links(const char *path, int flags) {
  int place = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  while (place >= 0) {
    path += strspn(path, "/");
    size_t length = strcspn(path, "/");
    char part[NAME_MAX + 1];
    if (length > NAME_MAX) {
      close(place);
      errno = ENAMETOOLONG;
      return -1;
    }
    memcpy(part, path, length);
    part[length] = '\0';
    path += length;
    bool is_last = path[strspn(path, "/")] == '\0';
    int next = openat(place, length == 0 ? "." : part,
                      (is_last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    close(place);
    errno = error;
    if (is_last) return next;
    place = next;
  }
  return -1;
}

bool agim_is_pipe(int fd) { return is_kind(fd, S_IFIFO); }
bool agim_is_socket(int fd) { return is_kind(fd, S_IFSOCK); }
char **agim_environ(void) { return environ; }

intptr_t agim_no_scalar_name(uint32_t scalar, uint8_t *name, intptr_t room) {
  (void)scalar, (void)name, (void)room;
  return 0;
}
uint16_t agim_no_age(uint32_t scalar) {
  (void)scalar;
  return 0;
}
char *agim_no_demangling(const char *name, char *room, size_t *length, int *status) {
  (void)name, (void)room, (void)length;
  if (status) *status = -1;
  return NULL;
}

int agim_listen(const char *host, unsigned short port) {
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
  int is_six = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
  if (!is_six && inet_pton(AF_INET, host, &four.sin_addr) != 1) {
    errno = EINVAL;
    return -1;
  }
  int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const struct sockaddr *address = is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
  if (bind(fd, address, is_six ? sizeof six : sizeof four) || listen(fd, 511)) {
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
  }
  return fd;
}

int agim_local_port(int fd) {
  struct sockaddr_storage own;
  socklen_t length = sizeof own;
  if (getsockname(fd, (struct sockaddr *)&own, &length)) return 0;
  if (own.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&own)->sin6_port);
  return ntohs(((struct sockaddr_in *)&own)->sin_port);
}

int agim_accept(int fd, void *address, unsigned int *length) {
  int peer = accept4(fd, address, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (peer < 0) return -1;
  int yes = 1;
  // An answer goes out in one piece, and waits for nothing.
  setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return peer;
}
