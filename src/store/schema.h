/* The text of tables.sql and gate.sql, compiled in. */
#ifndef WSFSM_STORE_SCHEMA_H
#define WSFSM_STORE_SCHEMA_H

enum {
    WS_APPLICATION_ID = 0x5746534D, /* "WFSM" */
    WS_SCHEMA_VERSION = 1
};

extern const char ws_schema_sql[];

#endif
