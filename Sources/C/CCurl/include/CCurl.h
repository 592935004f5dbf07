/// HTTP of libcurl and its logins to mail servers; it is opened at the first of them: linked, it would cost every command 10 ms at start.
///
/// The few numbers of its interface that are used stand here, because they never change within
/// libcurl.so.4 and its headers would be one more package; a test asks the library for each of them.
#ifndef AGIM_CCURL_H
#define AGIM_CCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Opens the library; false on failure, with the reason in `message` (at most `size` bytes with its NUL).
bool agim_curl_open(char *message, size_t size);

/// Options of a transfer: CURLOPT_.
enum {
  AGIM_CURL_URL = 10002,
  AGIM_CURL_SSLVERSION = 32,
  AGIM_CURL_NOBODY = 44,
  AGIM_CURL_UPLOAD = 46,
  AGIM_CURL_FOLLOWLOCATION = 52,
  AGIM_CURL_HTTPPROXYTUNNEL = 61,
  AGIM_CURL_NOSIGNAL = 99,
  AGIM_CURL_CONNECT_ONLY = 141,
  AGIM_CURL_CONNECTTIMEOUT_MS = 156,
  AGIM_CURL_SUPPRESS_CONNECT_HEADERS = 265,
  AGIM_CURL_HTTP_VERSION = 84,
  AGIM_CURL_USERAGENT = 10018,
  AGIM_CURL_HTTPHEADER = 10023,
  AGIM_CURL_CUSTOMREQUEST = 10036,
  AGIM_CURL_CAINFO = 10065,
  AGIM_CURL_PROXY_CAINFO = 10246,
  AGIM_CURL_CAPATH = 10097,
  AGIM_CURL_PROXY_CAPATH = 10247,
  AGIM_CURL_NOPROXY = 10177,
  AGIM_CURL_PROTOCOLS_STR = 10318,
  AGIM_CURL_INFILESIZE_LARGE = 30115,
  AGIM_CURL_USE_SSL = 119,
  AGIM_CURL_SASL_IR = 218,
  AGIM_CURL_USERNAME = 10173,
  AGIM_CURL_PASSWORD = 10174,
  AGIM_CURL_XOAUTH2_BEARER = 10220,
  AGIM_CURL_LOGIN_OPTIONS = 10224,
};

/// What is known about a transfer: CURLINFO_.
enum {
  AGIM_CURLINFO_RESPONSE_CODE = 0x200000 + 2,
  AGIM_CURLINFO_OS_ERRNO = 0x200000 + 25,
  AGIM_CURLINFO_ACTIVESOCKET = 0x500000 + 44,
};

/// How a transfer ended: CURLE_.
enum {
  AGIM_CURLE_OK = 0,
  AGIM_CURLE_UNSUPPORTED_PROTOCOL = 1,
  AGIM_CURLE_COULDNT_RESOLVE_PROXY = 5,
  AGIM_CURLE_COULDNT_RESOLVE_HOST = 6,
  AGIM_CURLE_COULDNT_CONNECT = 7,
  AGIM_CURLE_PARTIAL_FILE = 18,
  AGIM_CURLE_OUT_OF_MEMORY = 27,
  AGIM_CURLE_OPERATION_TIMEDOUT = 28,
  AGIM_CURLE_SSL_CONNECT_ERROR = 35,
  AGIM_CURLE_GOT_NOTHING = 52,
  AGIM_CURLE_SEND_ERROR = 55,
  AGIM_CURLE_RECV_ERROR = 56,
  AGIM_CURLE_PEER_FAILED_VERIFICATION = 60,
  AGIM_CURLE_USE_SSL_FAILED = 64,
  AGIM_CURLE_LOGIN_DENIED = 67,
  AGIM_CURLE_SSL_CACERT_BADFILE = 77,
  AGIM_CURLE_AGAIN = 81,
  AGIM_CURLE_HTTP2_STREAM = 92,
  AGIM_CURLE_PROXY = 97,
};

/// What a socket is waited for: CURL_POLL_, and what became of it: CURL_CSELECT_.
enum { AGIM_CURL_POLL_IN = 1, AGIM_CURL_POLL_OUT = 2, AGIM_CURL_POLL_REMOVE = 4 };
enum { AGIM_CURL_SELECT_IN = 1, AGIM_CURL_SELECT_OUT = 2, AGIM_CURL_SOCKET_TIMEOUT = -1 };

/// What a transfer calls, with the pointer that it was made with.
typedef struct {
  /// A header line, or a piece of the body: how much of it was taken; less than `count` ends the transfer.
  size_t (*header)(const char *bytes, size_t size, size_t count, void *context);
  size_t (*body)(const char *bytes, size_t size, size_t count, void *context);
  /// Fills a buffer with what is to be sent: how much; 0 at the end, AGIM_CURL_READ_FAILED when it cannot.
  size_t (*upload)(char *buffer, size_t size, size_t count, void *context);
  /// Goes back to a place in what is sent: 0 when it could.
  int (*rewind)(void *context, int64_t offset, int origin);
  /// Whether an address, a sockaddr of so many bytes, may be connected to.
  bool (*may_connect)(void *context, const void *address, size_t length);
  /// A connection stands and the request is about to go out: whether it may.
  bool (*may_begin)(void *context, const char *address);
} agim_curl_calls;

#define AGIM_CURL_READ_FAILED ((size_t)0x10000000)

/// A transfer that calls back; its strings of error are written into `error` (256 bytes). NULL without memory.
void *agim_curl_easy(const agim_curl_calls *calls, void *context, char *error);
void agim_curl_easy_free(void *easy);
/// 0, or CURLE_ of an option that the library refuses.
int agim_curl_set_number(void *easy, int option, long value);
int agim_curl_set_large(void *easy, int option, int64_t value);
int agim_curl_set_text(void *easy, int option, const char *value);
int agim_curl_set_list(void *easy, int option, void *list);
long agim_curl_info_number(void *easy, int info);
/// The socket of a connection that was only made (CONNECT_ONLY), or -1; it is libcurl's to close.
int agim_curl_socket(void *easy);
/// Sends and receives over it: 0, AGIM_CURLE_AGAIN, or another CURLE_. What was to be sent again must be the
/// same bytes in the same place.
int agim_curl_send(void *easy, const void *bytes, size_t count, size_t *sent);
int agim_curl_receive(void *easy, void *room, size_t size, size_t *got);
/// The library's own words for a CURLE_.
const char *agim_curl_words(int code);
/// The number of an option by its name, or -1: for the test.
int agim_curl_option_number(const char *name);

/// A list of header lines with one more; NULL without memory, and then the list is as it was.
void *agim_curl_list_append(void *list, const char *line);
void agim_curl_list_free(void *list);

/// Many transfers with their connections; what is to be waited for is told by the two functions.
void *agim_curl_multi(
    int (*socket)(void *easy, int fd, int what, void *context, void *socket_context),
    int (*timer)(void *multi, long milliseconds, void *context), void *context, long connections);
void agim_curl_multi_free(void *multi);
int agim_curl_multi_add(void *multi, void *easy);
int agim_curl_multi_remove(void *multi, void *easy);
/// Tells what became of a socket, or AGIM_CURL_SOCKET_TIMEOUT.
int agim_curl_multi_action(void *multi, int fd, int events);
/// The next transfer that has ended, with its CURLE_; NULL when there is none.
void *agim_curl_multi_ended(void *multi, int *code);

#endif
