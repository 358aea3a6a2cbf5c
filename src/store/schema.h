/* The texts of the .sql files, compiled in. */
#ifndef WSFSM_STORE_SCHEMA_H
#define WSFSM_STORE_SCHEMA_H

enum {
    WS_APPLICATION_ID = 0x5746534D, /* "WFSM" */
    WS_SCHEMA_VERSION = 2
};

extern const char ws_schema_sql[]; /* tables and gate */
extern const char ws_gate_sql[];
extern const char ws_to_version_2_sql[];

#endif
