/* See no_network_static.c. The signatures are those of libgit2 1.5 (its streams/ and transports/).
 */
#ifndef WSFSM_CLI_NO_NETWORK_STATIC_H
#define WSFSM_CLI_NO_NETWORK_STATIC_H

struct git_stream;
struct git_transport;
struct git_remote;
struct git_smart_subtransport;
struct git_http_auth_context;
struct git_net_url;

int git_mbedtls_stream_global_init(void);
int git_mbedtls_stream_new(struct git_stream **out, const char *host, const char *port);
int git_mbedtls_stream_wrap(struct git_stream **out, struct git_stream *in, const char *host);
int git_mbedtls__set_cert_location(const char *file, const char *path);

int git_transport_ssh_global_init(void);
int git_smart_subtransport_ssh(struct git_smart_subtransport **out, struct git_transport *owner,
                               void *param);
int git_transport_ssh_with_paths(struct git_transport **out, struct git_remote *owner,
                                 void *payload);

int git_http_auth_negotiate(struct git_http_auth_context **out, const struct git_net_url *url);

#endif
