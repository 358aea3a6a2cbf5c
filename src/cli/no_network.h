/* See no_network.c. The signature is mbedTLS 2.28's (mbedtls/x509_crt.h). */
#ifndef WSFSM_CLI_NO_NETWORK_H
#define WSFSM_CLI_NO_NETWORK_H

struct mbedtls_x509_crt;
int mbedtls_x509_crt_parse_file(struct mbedtls_x509_crt *chain, const char *path);

#endif
