#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct message {
  int kind;
  void *easy;
  union {
    void *whatever;
    int result;
  } data;
};

struct option {
  const char *name;
  int id;
};

struct place {
  int family;
  int type;
  int protocol;
  unsigned int length;
  struct sockaddr address;
};

static struct {
  int (*global_init)(long);
  void *(*easy_init)(void);
  void (*easy_cleanup)(void *);
  int (*easy_setopt)(void *, int, ...);
  int (*easy_getinfo)(void *, int, ...);
  const char *(*easy_strerror)(int);
  const struct option *(*option_by_name)(const char *);
  void *(*list_append)(void *, const char *);
  void (*list_free)(void *);
  void *(*multi_init)(void);
  int (*multi_cleanup)(void *);
  int (*multi_setopt)(void *, int, ...);
  int (*multi_add)(void *, void *);
  int (*multi_remove)(void *, void *);
  int (*multi_action)(void *, int, int, int *);
  struct message *(*multi_read)(void *, int *);
  int (*easy_send)(void *, const void *, size_t, size_t *);
  int (*easy_recv)(void *, void *, size_t, size_t *);
} library;

static char failure[256];

static void open_library(void) {
  void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
#define FIND(member, name) \
  if (!(*(void **)&library.member = dlsym(handle, "curl_" name))) { \
    snprintf(failure, sizeof failure, "libcurl.so.4 has no curl_" name); \
    return; \
  }
  FIND(global_init, "global_init")
  FIND(easy_init, "easy_init")
  FIND(easy_cleanup, "easy_cleanup")
  FIND(easy_setopt, "easy_setopt")
  FIND(easy_getinfo, "easy_getinfo")
  FIND(easy_strerror, "easy_strerror")
  FIND(option_by_name, "easy_option_by_name")
  FIND(list_append, "slist_append")
  FIND(list_free, "slist_free_all")
  FIND(multi_init, "multi_init")
  FIND(multi_cleanup, "multi_cleanup")
  FIND(multi_setopt, "multi_setopt")
  FIND(multi_add, "multi_add_handle")
  FIND(multi_remove, "multi_remove_handle")
  FIND(multi_action, "multi_socket_action")
  FIND(multi_read, "multi_info_read")
  FIND(easy_send, "easy_send")
  FIND(easy_recv, "easy_recv")
#undef FIND
  // CURL_GLOBAL_ALL.
  int status = library.global_init(3);
  if (status) snprintf(failure, sizeof failure, "libcurl.so.4: %s", library.easy_strerror(status));
}

bool agim_curl_open(char *message, size_t size) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  if (!failure[0]) return true;
  snprintf(message, size, "%s", failure);
  return false;
}

// The context of the callbacks: what curl passes on, and the functions to call with it.
struct context {
  agim_curl_calls calls;
  void *owner;
};

static size_t take_header(const char *bytes, size_t size, size_t count, void *context) {
  struct context *own = context;
  return own->calls.header(bytes, size, count, own->owner);
}

static size_t take_body(const char *bytes, size_t size, size_t count, void *context) {
  struct context *own = context;
  return own->calls.body(bytes, size, count, own->owner);
}

static size_t give_upload(char *buffer, size_t size, size_t count, void *context) {
  struct context *own = context;
  return own->calls.upload(buffer, size, count, own->owner);
}

static int seek_upload(void *context, int64_t offset, int origin) {
  struct context *own = context;
  return own->calls.rewind(own->owner, offset, origin);
}

// The address is looked at here because it is the one that is connected to, whatever a name server says next.
static int open_socket(void *context, int purpose, struct place *place) {
  (void)purpose;
  struct context *own = context;
  if (!own->calls.may_connect(own->owner, &place->address, place->length)) return -1;
  return socket(place->family, place->type | SOCK_CLOEXEC, place->protocol);
}

// Called for a connection that is used again, too.
static int begin_request(void *context, char *address, char *local, int port, int local_port) {
  (void)local, (void)port, (void)local_port;
  struct context *own = context;
  return own->calls.may_begin(own->owner, address) ? 0 : 1;
}

enum {
  WRITEDATA = 10001, READDATA = 10009, ERRORBUFFER = 10010, HEADERDATA = 10029, PRIVATE = 10103,
  OPENSOCKETDATA = 10164, SEEKDATA = 10168, PREREQDATA = 10313,
  WRITEFUNCTION = 20011, READFUNCTION = 20012, HEADERFUNCTION = 20079, OPENSOCKETFUNCTION = 20163,
  SEEKFUNCTION = 20167, PREREQFUNCTION = 20312,
  INFO_PRIVATE = 0x100000 + 21,
};

void *agim_curl_easy(const agim_curl_calls *calls, void *owner, char *error) {
  struct context *context = malloc(sizeof *context);
  void *easy = context ? library.easy_init() : NULL;
  if (!easy) {
    free(context);
    return NULL;
  }
  context->calls = *calls;
  context->owner = owner;
  int failed = library.easy_setopt(easy, PRIVATE, context);
  failed |= library.easy_setopt(easy, ERRORBUFFER, error);
  failed |= library.easy_setopt(easy, HEADERDATA, context);
  failed |= library.easy_setopt(easy, WRITEDATA, context);
  failed |= library.easy_setopt(easy, READDATA, context);
  failed |= library.easy_setopt(easy, SEEKDATA, context);
  failed |= library.easy_setopt(easy, OPENSOCKETDATA, context);
  failed |= library.easy_setopt(easy, PREREQDATA, context);
  failed |= library.easy_setopt(easy, HEADERFUNCTION, take_header);
  failed |= library.easy_setopt(easy, WRITEFUNCTION, take_body);
  failed |= library.easy_setopt(easy, READFUNCTION, give_upload);
  failed |= library.easy_setopt(easy, SEEKFUNCTION, seek_upload);
  failed |= library.easy_setopt(easy, OPENSOCKETFUNCTION, open_socket);
  failed |= library.easy_setopt(easy, PREREQFUNCTION, begin_request);
  if (!failed) return easy;
  // Without one of them an address would go unchecked.
  library.easy_cleanup(easy);
  free(context);
  return NULL;
}

void agim_curl_easy_free(void *easy) {
  struct context *context = NULL;
  library.easy_getinfo(easy, INFO_PRIVATE, &context);
  library.easy_cleanup(easy);
  free(context);
}

int agim_curl_set_number(void *easy, int option, long value) { return library.easy_setopt(easy, option, value); }

int agim_curl_set_large(void *easy, int option, int64_t value) {
  return library.easy_setopt(easy, option, value);
}

int agim_curl_set_text(void *easy, int option, const char *value) {
  return library.easy_setopt(easy, option, value);
}

int agim_curl_set_list(void *easy, int option, void *list) { return library.easy_setopt(easy, option, list); }

long agim_curl_info_number(void *easy, int info) {
  long value = 0;
  library.easy_getinfo(easy, info, &value);
  return value;
}

int agim_curl_socket(void *easy) {
  int fd = -1;
  return library.easy_getinfo(easy, AGIM_CURLINFO_ACTIVESOCKET, &fd) == 0 ? fd : -1;
}

int agim_curl_send(void *easy, const void *bytes, size_t count, size_t *sent) {
  *sent = 0;
  return library.easy_send(easy, bytes, count, sent);
}

int agim_curl_receive(void *easy, void *room, size_t size, size_t *got) {
  *got = 0;
  return library.easy_recv(easy, room, size, got);
}

const char *agim_curl_words(int code) { return library.easy_strerror(code); }

int agim_curl_option_number(const char *name) {
  const struct option *option = library.option_by_name(name);
  return option ? option->id : -1;
}

void *agim_curl_list_append(void *list, const char *line) { return library.list_append(list, line); }

void agim_curl_list_free(void *list) { library.list_free(list); }

enum { SOCKETFUNCTION = 20001, SOCKETDATA = 10002, TIMERFUNCTION = 20004, TIMERDATA = 10005, MAXCONNECTS = 6 };

void *agim_curl_multi(
    int (*socket)(void *, int, int, void *, void *), int (*timer)(void *, long, void *), void *context,
    long connections) {
  void *multi = library.multi_init();
  if (!multi) return NULL;
  int failed = library.multi_setopt(multi, SOCKETDATA, context);
  failed |= library.multi_setopt(multi, SOCKETFUNCTION, socket);
  failed |= library.multi_setopt(multi, TIMERDATA, context);
  failed |= library.multi_setopt(multi, TIMERFUNCTION, timer);
  failed |= library.multi_setopt(multi, MAXCONNECTS, connections);
  if (!failed) return multi;
  library.multi_cleanup(multi);
  return NULL;
}

void agim_curl_multi_free(void *multi) { library.multi_cleanup(multi); }

int agim_curl_multi_add(void *multi, void *easy) { return library.multi_add(multi, easy); }

int agim_curl_multi_remove(void *multi, void *easy) { return library.multi_remove(multi, easy); }

int agim_curl_multi_action(void *multi, int fd, int events) {
  int running = 0;
  return library.multi_action(multi, fd, events, &running);
}

void *agim_curl_multi_ended(void *multi, int *code) {
  int left = 0;
  struct message *message;
  while ((message = library.multi_read(multi, &left))) {
    // CURLMSG_DONE, the only kind there is.
    if (message->kind != 1) continue;
    *code = message->data.result;
    return message->easy;
  }
  return NULL;
}
