/* Counting words. */
#ifndef WORDS_H
#define WORDS_H

/* How many words, parted by white space, are in the text. */
int words_count(const char *text);

#endif
