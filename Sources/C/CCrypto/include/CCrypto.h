#ifndef AGIM_CCRYPTO_H
#define AGIM_CCRYPTO_H

#include <stddef.h>

/* OpenSSL's libcrypto, opened when it is first needed: linking it would cost every command milliseconds
   at start, and most runs never need it. */

/* The SHA-256 of some bytes; 0, or -1 where the library is not there. */
int agim_sha256(const void *data, size_t length, unsigned char digest[32]);

#endif
