#include "CCrypto.h"

#include <dlfcn.h>
#include <pthread.h>

typedef int (*digest_function)(const void *, size_t, unsigned char *, unsigned int *, const void *, void *);
typedef const void *(*kind_function)(void);

static digest_function digest;
static kind_function sha256;

static void open_library(void) {
  void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
  digest = (digest_function)dlsym(library, "EVP_Digest");
  sha256 = (kind_function)dlsym(library, "EVP_sha256");
}

int agim_sha256(const void *data, size_t length, unsigned char out[32]) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  if (digest == NULL || sha256 == NULL) return -1;
  unsigned int size = 32;
  return digest(data, length, out, &size, sha256(), NULL) == 1 && size == 32 ? 0 : -1;
}
