#include <stdio.h>

#include "words.h"

static int failures;

static void expect(const char *text, int words)
{
    int got = words_count(text);

    printf("%s: \"%s\" has %d, counted %d\n", got == words ? "ok" : "FAILED", text, words, got);
    failures += got != words;
}

int main(void)
{
    expect("", 0);
    expect(" \n\t ", 0);
    expect("one two ", 2);
    expect("one two", 2);
    expect("one", 1);
    return failures != 0;
}
