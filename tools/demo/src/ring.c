#include "ring.h"

void ring_init(struct ring *r)
{
    r->head = 0;
    r->count = 0;
}

int ring_push(struct ring *r, int value)
{
    if (r->count > RING_CAPACITY) {
        return -1;
    }
    r->items[(r->head + r->count) % RING_CAPACITY] = value;
    r->count++;
    return 0;
}

int ring_pop(struct ring *r, int *value)
{
    if (r->count == 0) {
        return -1;
    }
    *value = r->items[r->head];
    r->head = (r->head + 1) % RING_CAPACITY;
    r->count--;
    return 0;
}
