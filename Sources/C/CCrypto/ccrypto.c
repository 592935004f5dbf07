#include "CCrypto.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>

static struct {
  const void *(*md5)(void);
  const void *(*sha1)(void);
  const void *(*sha256)(void);
  void *(*md_new)(void);
  void (*md_free)(void *);
  int (*digest)(const void *, size_t, unsigned char *, unsigned int *, const void *, void *);
  unsigned char *(*hmac)(const void *, const void *, int, const unsigned char *, size_t, unsigned char *,
                         unsigned int *);
  const void *(*aes_256_cbc)(void);
  const void *(*aes_128_ecb)(void);
  void *(*cipher_new)(void);
  void (*cipher_free)(void *);
  int (*cipher_init)(void *, const void *, void *, const unsigned char *, const unsigned char *, int);
  int (*cipher_padding)(void *, int);
  int (*cipher_update)(void *, unsigned char *, int *, const unsigned char *, int);
  int (*cipher_final)(void *, unsigned char *, int *);
  void *(*raw_public)(int, void *, const unsigned char *, size_t);
  void (*key_free)(void *);
  int (*verify_init)(void *, void **, const void *, void *, void *);
  int (*verify)(void *, const unsigned char *, size_t, const unsigned char *, size_t);
  int (*random)(unsigned char *, int);
  void (*clear_errors)(void);
} library;

static int is_open;

static void open_library(void) {
  void *handle = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
#define FIND(member, name) \
  if (!(*(void **)&library.member = dlsym(handle, name))) return;
  FIND(md5, "EVP_md5")
  FIND(sha1, "EVP_sha1")
  FIND(sha256, "EVP_sha256")
  FIND(md_new, "EVP_MD_CTX_new")
  FIND(md_free, "EVP_MD_CTX_free")
  FIND(digest, "EVP_Digest")
  FIND(hmac, "HMAC")
  FIND(aes_256_cbc, "EVP_aes_256_cbc")
  FIND(aes_128_ecb, "EVP_aes_128_ecb")
  FIND(cipher_new, "EVP_CIPHER_CTX_new")
  FIND(cipher_free, "EVP_CIPHER_CTX_free")
  FIND(cipher_init, "EVP_CipherInit_ex")
  FIND(cipher_padding, "EVP_CIPHER_CTX_set_padding")
  FIND(cipher_update, "EVP_CipherUpdate")
  FIND(cipher_final, "EVP_CipherFinal_ex")
  FIND(raw_public, "EVP_PKEY_new_raw_public_key")
  FIND(key_free, "EVP_PKEY_free")
  FIND(verify_init, "EVP_DigestVerifyInit")
  FIND(verify, "EVP_DigestVerify")
  FIND(random, "RAND_bytes")
  FIND(clear_errors, "ERR_clear_error")
#undef FIND
  is_open = 1;
}

static int ready(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

/* What went wrong is said by our own status: the library's queue of errors must not grow. */
static int finish(int worked) {
  if (!worked) library.clear_errors();
  return worked ? 0 : AGIM_CRYPTO_REFUSED;
}

static const void *digest_of(enum agim_digest kind) {
  return kind == AGIM_MD5 ? library.md5() : kind == AGIM_SHA1 ? library.sha1() : library.sha256();
}

size_t agim_digest_size(enum agim_digest kind) { return kind == AGIM_MD5 ? 16 : kind == AGIM_SHA1 ? 20 : 32; }

int agim_digest(enum agim_digest kind, const void *data, size_t length, unsigned char *out) {
  if (!ready()) return AGIM_CRYPTO_MISSING;
  unsigned int size = 0;
  return finish(library.digest(data, length, out, &size, digest_of(kind), NULL) == 1 &&
                size == agim_digest_size(kind));
}

int agim_hmac(enum agim_digest kind, const void *key, size_t key_length, const void *data, size_t length,
              unsigned char *out) {
  if (!ready()) return AGIM_CRYPTO_MISSING;
  if (key_length > INT_MAX) return AGIM_CRYPTO_REFUSED;
  unsigned int size = 0;
  /* The library takes a missing key for "the same as before". */
  const void *some = key ? key : "";
  return finish(library.hmac(digest_of(kind), some, (int)key_length, data, length, out, &size) &&
                size == agim_digest_size(kind));
}

int agim_aes(enum agim_cipher kind, int encrypts, int padded, const unsigned char *key, const unsigned char *iv,
             const unsigned char *data, size_t length, unsigned char *out, size_t *written) {
  *written = 0;
  if (!ready()) return AGIM_CRYPTO_MISSING;
  if (length > INT_MAX - 16) return AGIM_CRYPTO_REFUSED;
  const void *cipher = kind == AGIM_AES_256_CBC ? library.aes_256_cbc() : library.aes_128_ecb();
  void *context = library.cipher_new();
  int first = 0, last = 0;
  int good = context && library.cipher_init(context, cipher, NULL, key, iv, encrypts) == 1 &&
             library.cipher_padding(context, padded) == 1 &&
             library.cipher_update(context, out, &first, data, (int)length) == 1 &&
             library.cipher_final(context, out + first, &last) == 1;
  library.cipher_free(context);
  if (good) *written = (size_t)first + (size_t)last;
  return finish(good);
}

int agim_ed25519_verify(const unsigned char public_key[32], const unsigned char signature[64], const void *data,
                        size_t length) {
  if (!ready()) return AGIM_CRYPTO_MISSING;
  enum { ed25519 = 1087 }; /* EVP_PKEY_ED25519 */
  void *key = library.raw_public(ed25519, NULL, public_key, 32);
  void *context = library.md_new();
  int good = key && context && library.verify_init(context, NULL, NULL, NULL, key) == 1;
  int status = finish(good);
  if (good) {
    status = library.verify(context, signature, 64, data, length) == 1;
    if (!status) library.clear_errors();
  }
  library.md_free(context);
  library.key_free(key);
  return status;
}

int agim_random_bytes(unsigned char *out, size_t length) {
  if (!ready()) return AGIM_CRYPTO_MISSING;
  if (length > INT_MAX) return AGIM_CRYPTO_REFUSED;
  return finish(library.random(out, (int)length) == 1);
}

int agim_equal(const void *one, const void *other, size_t length) {
  const volatile unsigned char *left = one, *right = other;
  unsigned char difference = 0;
  for (size_t index = 0; index < length; index++) difference |= left[index] ^ right[index];
  return difference == 0;
}
