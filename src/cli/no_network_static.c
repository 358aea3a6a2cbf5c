/* wsfsm never opens a connection. Where libgit2 is linked in, these take the place of its objects
 * for TLS, SSH and Kerberos - all that the others ask of them -, so that the linker takes neither
 * those nor the libraries they need.
 *
 * libgit2 calls the two that set something up. The others belong to a remote, and there is none:
 * they answer as a libgit2 does that was built without.
 */
#include "no_network_static.h"

int git_mbedtls_stream_global_init(void)
{
    return 0;
}

int git_mbedtls_stream_new(struct git_stream **out, const char *host, const char *port)
{
    (void)out;
    (void)host;
    (void)port;
    return -1;
}

int git_mbedtls_stream_wrap(struct git_stream **out, struct git_stream *in, const char *host)
{
    (void)out;
    (void)in;
    (void)host;
    return -1;
}

int git_mbedtls__set_cert_location(const char *file, const char *path)
{
    (void)file;
    (void)path;
    return -1;
}

int git_transport_ssh_global_init(void)
{
    return 0;
}

int git_smart_subtransport_ssh(struct git_smart_subtransport **out, struct git_transport *owner,
                               void *param)
{
    (void)out;
    (void)owner;
    (void)param;
    return -1;
}

int git_transport_ssh_with_paths(struct git_transport **out, struct git_remote *owner,
                                 void *payload)
{
    (void)out;
    (void)owner;
    (void)payload;
    return -1;
}

int git_http_auth_negotiate(struct git_http_auth_context **out, const struct git_net_url *url)
{
    (void)out;
    (void)url;
    return -1;
}
