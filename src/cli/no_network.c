/* wsfsm never opens a connection. Debian's libgit2 reads the system's whole certificate bundle when
 * it is set up, which was more than half of the processor time of a dry run; this takes the place
 * of the function it reads it with.
 *
 * It belongs to the program alone, never to the library: who embeds that may well want TLS. The
 * linker exports it because libgit2 asks for a symbol of that name; where libgit2 uses another TLS
 * library, nobody calls it.
 */
#include "no_network.h"

int mbedtls_x509_crt_parse_file(struct mbedtls_x509_crt *chain, const char *path)
{
    (void)chain;
    (void)path;
    return 0; /* "no certificate could not be read" */
}
