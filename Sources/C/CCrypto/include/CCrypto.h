#ifndef AGIM_CCRYPTO_H
#define AGIM_CCRYPTO_H

#include <stddef.h>

/* OpenSSL's libcrypto, opened when it is first needed: linking it would cost every command milliseconds
   at start, and most runs never need it. Unless it says otherwise a function returns 0 or one of these. */
enum {
  AGIM_CRYPTO_MISSING = -1, /* the library or the function in it is not there */
  AGIM_CRYPTO_REFUSED = -2, /* the library refuses what it was given */
};

enum agim_digest { AGIM_MD5, AGIM_SHA1, AGIM_SHA256 };
enum agim_cipher { AGIM_AES_256_CBC, AGIM_AES_128_ECB };

/* How many bytes a digest has. */
size_t agim_digest_size(enum agim_digest kind);

/* The digest of some bytes; `out` has room for agim_digest_size. */
int agim_digest(enum agim_digest kind, const void *data, size_t length, unsigned char *out);

/* HMAC with a digest; `out` has room for agim_digest_size. */
int agim_hmac(enum agim_digest kind, const void *key, size_t key_length, const void *data, size_t length,
              unsigned char *out);

/* En- or decrypts; `iv` is ignored by ECB. With `padded` PKCS#7 is added or taken away, else the length must be
   a multiple of 16. `out` has room for `length + 16`; `*written` says how much of it was used. */
int agim_aes(enum agim_cipher kind, int encrypts, int padded, const unsigned char *key, const unsigned char *iv,
             const unsigned char *data, size_t length, unsigned char *out, size_t *written);

/* Whether an Ed25519 signature is that of these bytes: 1 or 0, or an error. */
int agim_ed25519_verify(const unsigned char public_key[32], const unsigned char signature[64], const void *data,
                        size_t length);

/* Random bytes of libcrypto. */
int agim_random_bytes(unsigned char *out, size_t length);

/* Whether two pieces of one length are the same, 1 or 0, in a time that says nothing about where they differ. */
int agim_equal(const void *one, const void *other, size_t length);

#endif
