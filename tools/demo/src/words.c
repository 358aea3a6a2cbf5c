#include "words.h"

#include <ctype.h>

int words_count(const char *text)
{
    int words = 0;

    for (; *text; text++) {
        if (!isspace((unsigned char)text[0]) && isspace((unsigned char)text[1])) {
            words++;
        }
    }
    return words;
}
