# The repository layer beside git's command line; run by hand: bench_repo [FILES...]
add_executable(bench_repo ${CMAKE_CURRENT_LIST_DIR}/bench_repo.c)
target_link_libraries(bench_repo PRIVATE ws_repo ws_flags)
