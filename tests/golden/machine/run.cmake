# cmake -DFSMGEN=... -DNAME=E001-state -P run.cmake: runs fsmgen on NAME.def in this folder and compares what it says
# with NAME.err. E* files hold exactly one error (and exit 1), W* files exactly one warning (exit 0, and 1 under
# -Werror). Of a sound machine fsmgen says in one line how long a run can get; of a broken one nothing.
file(READ ${CMAKE_CURRENT_LIST_DIR}/${NAME}.err expected)
execute_process(COMMAND ${FSMGEN} ${NAME}.def
  WORKING_DIRECTORY ${CMAKE_CURRENT_LIST_DIR}
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE found)
if(NOT found STREQUAL expected)
  message(FATAL_ERROR "${NAME}.def: expected\n${expected}\nfound\n${found}")
endif()
set(wanted_output "^$")
if(NAME MATCHES "^W")
  set(wanted_output "^machine [^\n]* at most [0-9]+ transitions a run, [^\n]*\n$")
endif()
if(NOT output MATCHES "${wanted_output}")
  message(FATAL_ERROR "${NAME}.def: unexpected output:\n${output}")
endif()

string(REGEX MATCHALL ": (error|warning): " findings "${found}")
list(LENGTH findings count)
string(REGEX REPLACE "-.*" "" wanted ${NAME})
if(NOT count EQUAL 1 OR NOT found MATCHES "\\[${wanted}\\]\n")
  message(FATAL_ERROR "${NAME}.def: one mistake is one finding with its code; found\n${found}")
endif()

set(wanted_code 1)
if(NAME MATCHES "^W")
  set(wanted_code 0)
  execute_process(COMMAND ${FSMGEN} -Werror ${NAME}.def
    WORKING_DIRECTORY ${CMAKE_CURRENT_LIST_DIR} RESULT_VARIABLE strict ERROR_QUIET)
  if(NOT strict EQUAL 1)
    message(FATAL_ERROR "${NAME}.def: exit ${strict} under -Werror, expected 1")
  endif()
endif()
if(NOT code EQUAL wanted_code)
  message(FATAL_ERROR "${NAME}.def: exit ${code}, expected ${wanted_code}")
endif()
