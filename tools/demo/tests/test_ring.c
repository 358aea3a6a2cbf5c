#include <stdio.h>

#include "ring.h"

static int failures;

static void expect(int truth, const char *what)
{
    printf("%s: %s\n", truth ? "ok" : "FAILED", what);
    failures += !truth;
}

int main(void)
{
    struct ring r;
    int value = 0;

    ring_init(&r);
    expect(ring_pop(&r, &value) == -1, "an empty ring gives nothing");
    for (int i = 1; i <= RING_CAPACITY; i++) {
        expect(ring_push(&r, i) == 0, "there is room");
    }
    expect(ring_push(&r, 99) == -1, "a full ring takes nothing");
    for (int i = 1; i <= RING_CAPACITY; i++) {
        expect(ring_pop(&r, &value) == 0 && value == i, "first in, first out");
    }
    return failures != 0;
}
