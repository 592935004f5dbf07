#define PCRE2_CODE_UNIT_WIDTH 8
#include "CPCRE2.h"

#include <dlfcn.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

// Only the names of pcre2.h are used at compile time; the functions come from dlopen.
static struct {
  bool is_open;
  pcre2_code *(*compile)(PCRE2_SPTR, PCRE2_SIZE, uint32_t, int *, PCRE2_SIZE *, pcre2_compile_context *);
  void (*code_free)(pcre2_code *);
  int (*error_message)(int, PCRE2_UCHAR *, PCRE2_SIZE);
  int (*match)(const pcre2_code *, PCRE2_SPTR, PCRE2_SIZE, PCRE2_SIZE, uint32_t, pcre2_match_data *,
               pcre2_match_context *);
  pcre2_match_context *(*context_create)(pcre2_general_context *);
  void (*context_free)(pcre2_match_context *);
  int (*set_match_limit)(pcre2_match_context *, uint32_t);
  int (*set_heap_limit)(pcre2_match_context *, uint32_t);
  pcre2_match_data *(*data_create)(uint32_t, pcre2_general_context *);
  void (*data_free)(pcre2_match_data *);
} library;

struct agim_regex {
  pcre2_code *code;
  pcre2_match_context *context;
  pcre2_match_data *data;
};

static bool open_library(char *message, size_t size) {
  if (library.is_open) return true;
  void *handle = dlopen("libpcre2-8.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    snprintf(message, size, "%s", dlerror());
    return false;
  }
#define FIND(member, name) \
  if (!(*(void **)&library.member = dlsym(handle, name "_8"))) { \
    snprintf(message, size, "libpcre2-8.so.0 has no " name "_8"); \
    return false; \
  }
  FIND(compile, "pcre2_compile")
  FIND(code_free, "pcre2_code_free")
  FIND(error_message, "pcre2_get_error_message")
  FIND(match, "pcre2_match")
  FIND(context_create, "pcre2_match_context_create")
  FIND(context_free, "pcre2_match_context_free")
  FIND(set_match_limit, "pcre2_set_match_limit")
  FIND(set_heap_limit, "pcre2_set_heap_limit")
  FIND(data_create, "pcre2_match_data_create")
  FIND(data_free, "pcre2_match_data_free")
#undef FIND
  library.is_open = true;
  return true;
}

agim_regex *agim_regex_compile(const uint8_t *pattern, size_t length, char *message, size_t size, long *offset) {
  *offset = -1;
  if (!open_library(message, size)) return NULL;
  int error = 0;
  PCRE2_SIZE at = 0;
  uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
  pcre2_code *code = library.compile(pattern, length, options, &error, &at, NULL);
  if (!code) {
    *offset = (long)at;
    if (library.error_message(error, (PCRE2_UCHAR *)message, size) < 0) snprintf(message, size, "error %d", error);
    return NULL;
  }
  agim_regex *regex = calloc(1, sizeof *regex);
  if (regex) {
    regex->code = code;
    regex->context = library.context_create(NULL);
    // One pair of offsets: only whether it matches is asked.
    regex->data = library.data_create(1, NULL);
    if (regex->context && regex->data) return regex;
    agim_regex_free(regex);
  } else {
    library.code_free(code);
  }
  snprintf(message, size, "out of memory");
  return NULL;
}

int agim_regex_matches(agim_regex *regex, const uint8_t *text, size_t length, uint32_t steps, uint32_t kilobytes) {
  library.set_match_limit(regex->context, steps);
  library.set_heap_limit(regex->context, kilobytes);
  int result = library.match(regex->code, text, length, 0, PCRE2_NO_UTF_CHECK, regex->data, regex->context);
  if (result >= 0) return 1;
  switch (result) {
    case PCRE2_ERROR_NOMATCH: return 0;
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT: return AGIM_REGEX_LIMIT;
    default: return AGIM_REGEX_FAILED;
  }
}

void agim_regex_free(agim_regex *regex) {
  if (!regex) return;
  if (regex->data) library.data_free(regex->data);
  if (regex->context) library.context_free(regex->context);
  if (regex->code) library.code_free(regex->code);
  free(regex);
}
