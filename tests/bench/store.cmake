# The database's goals as ratios; run by hand: bench_store [-n 200 -r 20000]
add_executable(bench_store ${CMAKE_CURRENT_LIST_DIR}/bench_store.c)
target_link_libraries(bench_store PRIVATE ws_store ws_flags PkgConfig::SQLITE)
