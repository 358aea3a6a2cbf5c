/* A ring buffer of ints: first in, first out, of fixed size. */
#ifndef RING_H
#define RING_H

enum { RING_CAPACITY = 4 };

struct ring {
    int items[RING_CAPACITY];
    int head;
    int count;
};

void ring_init(struct ring *r);

/* 0, or -1 when the ring is full: nothing is overwritten. */
int ring_push(struct ring *r, int value);

/* 0, or -1 when the ring is empty. */
int ring_pop(struct ring *r, int *value);

#endif
