# cmake -DINPUT=FILE -DOUTPUT=FILE.c -DNAME=SYMBOL -DHEADER=FILE.h -P embed.cmake
# Writes the bytes of INPUT as a C array NAME, with its length in NAME_len; HEADER declares both.
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
get_filename_component(source ${INPUT} NAME)
file(WRITE ${OUTPUT} "/* Made from ${source}; do not edit. */
#include \"${HEADER}\"

const unsigned char ${NAME}[] = {
${bytes}
};
const unsigned long ${NAME}_len = ${length};
")
