# cmake -DIN="a.sql;b.sql" -DOUT=name.c -DNAME=name -P embed.cmake: texts, one after the other, as an array of bytes (a string
# literal of that length is beyond what C17 promises).
set(hex "")
foreach(file ${IN})
  file(READ ${file} part HEX)
  string(APPEND hex ${part})
endforeach()
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "#include \"schema.h\"\n\nconst char ${NAME}[] = {\n${bytes}0x00};\n")
