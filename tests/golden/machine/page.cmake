# Is docs/state_machine.md the page that the build has just generated?
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${KEPT} ${GENERATED} RESULT_VARIABLE differs)
if(NOT differs EQUAL 0)
  message(FATAL_ERROR "docs/state_machine.md is stale; refresh it with\n    cmake --build ${BUILD} --target refresh_docs")
endif()
