/// Regular expressions of libpcre2-8, which is opened when the first one is compiled: a process
/// without any does not pay for the library.
#ifndef AGIM_CPCRE2_H
#define AGIM_CPCRE2_H

#include <stddef.h>
#include <stdint.h>

/// What a match can end with besides 1 (it matches) and 0 (it does not).
enum {
  AGIM_REGEX_LIMIT = -1,   ///< it took more steps or memory than it may
  AGIM_REGEX_FAILED = -2,  ///< the library could not say, for another reason
};

typedef struct agim_regex agim_regex;

/// Compiles a pattern of UTF-8; NULL on failure, with the reason in `message` (at most `size` bytes
/// with its NUL) and the offset of the fault, or -1 where the library itself is missing.
agim_regex *agim_regex_compile(const uint8_t *pattern, size_t length, char *message, size_t size, long *offset);

/// Looks for the pattern in valid UTF-8, in at most `steps` steps from each place and `kilobytes` of memory.
int agim_regex_matches(agim_regex *regex, const uint8_t *text, size_t length, uint32_t steps, uint32_t kilobytes);

void agim_regex_free(agim_regex *regex);

#endif
