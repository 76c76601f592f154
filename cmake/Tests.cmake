# SPDX-License-Identifier: Apache-2.0
#
# How a test becomes one. A test that stands in a folder and is not registered here fails
# tests/house/check_listed.py.

# test_double(<stem> [LIBS ...] [WRAP function...]): tests/unit/<stem>.c, a fake or a helper that tests
# name among their LIBS. Calls of the functions after WRAP go to its __wrap_<function>.
function(test_double stem)
  cmake_parse_arguments(D "" "" "LIBS;WRAP" ${ARGN})
  add_library(${stem} STATIC unit/${stem}.c)
  target_include_directories(${stem} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${stem} PUBLIC ${D_LIBS} PRIVATE project_flags)
  list(TRANSFORM D_WRAP PREPEND -Wl,--wrap=)
  target_link_options(${stem} INTERFACE ${D_WRAP})
endfunction()

# Unit tests make thousands of small stores and wait for a disk most of their time. What a disk that
# forgets does to a store is tested end to end.
set(unit_test_environment AUTOREG_TEST_DATA=${CMAKE_CURRENT_SOURCE_DIR}/data)
if(IS_DIRECTORY /dev/shm)
  list(APPEND unit_test_environment TMPDIR=/dev/shm)
endif()

# unit_test(<stem> LIBS ... [WRAP function...]): tests/unit/test_<stem>.c.
function(unit_test stem)
  cmake_parse_arguments(T "" "" "LIBS;WRAP" ${ARGN})
  add_executable(test_${stem} unit/test_${stem}.c)
  target_link_libraries(test_${stem} PRIVATE ${T_LIBS} PkgConfig::CMOCKA project_flags)
  list(TRANSFORM T_WRAP PREPEND -Wl,--wrap=)
  target_link_options(test_${stem} PRIVATE ${T_WRAP})
  add_test(NAME ${stem} COMMAND test_${stem})
  set_tests_properties(${stem} PROPERTIES LABELS quick TIMEOUT 120
    ENVIRONMENT "${unit_test_environment}")
endfunction()

# fuzz_test(<stem> LIBS ...): tests/fuzz/fuzz_<stem>.c runs over its corpus as an ordinary test;
# with AUTOREG_FUZZ the same program can also look for new inputs.
function(fuzz_test stem)
  cmake_parse_arguments(T "" "" "LIBS" ${ARGN})
  add_executable(fuzz_${stem} fuzz/fuzz_${stem}.c)
  target_link_libraries(fuzz_${stem} PRIVATE ${T_LIBS} project_flags)
  if(AUTOREG_FUZZ)
    target_link_options(fuzz_${stem} PRIVATE -fsanitize=fuzzer)
    set(replay -runs=0)
  else()
    target_sources(fuzz_${stem} PRIVATE fuzz/replay_main.c)
    set(replay "")
  endif()
  add_test(NAME fuzz_${stem}
    COMMAND fuzz_${stem} ${replay} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${stem})
  set_tests_properties(fuzz_${stem} PROPERTIES LABELS quick TIMEOUT 120)
endfunction()

# benchmark(<stem> LIBS ...): tests/bench/bench_<stem>.c; built with the tests, started by people.
function(benchmark stem)
  cmake_parse_arguments(B "" "" "LIBS" ${ARGN})
  add_executable(bench_${stem} bench/bench_${stem}.c)
  target_link_libraries(bench_${stem} PRIVATE ${B_LIBS} project_flags)
endfunction()

# Seconds, more or less: what costs more begins earlier, so that nothing long is left for the end.
set(SLOW_COST 100)

# e2e_test(<stem> [SLOW]): tests/e2e/test_<stem>.py against the real program. SLOW: once is enough,
# ./bootstrap check runs it in one of its builds.
function(e2e_test stem)
  cmake_parse_arguments(E "SLOW" "" "" ${ARGN})
  set(label e2e)
  set(cost 0)
  if(E_SLOW)
    set(label slow)
    set(cost ${SLOW_COST})
  endif()
  add_test(NAME e2e_${stem}
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_${stem}.py)
  set_tests_properties(e2e_${stem} PROPERTIES LABELS ${label} TIMEOUT 300 COST ${cost}
    ENVIRONMENT "AUTOREG=$<TARGET_FILE:autoreg>;AUTOREG_SIMULATOR=$<TARGET_FILE:autoreg-simulator>;\
AUTOREG_CRASH_PROGRAM=$<TARGET_FILE:autoreg-crash>;AUTOREG_WARP_PROGRAM=$<TARGET_FILE:autoreg-warp>;\
AUTOREG_SIMULATOR_WARP=$<TARGET_FILE:autoreg-simulator-warp>;CSV_DUMP=$<TARGET_FILE:csv_dump>;\
MAKE_ASSERTION=$<TARGET_FILE:make_assertion>;MANUAL_TABLES=$<TARGET_FILE:manual_tables>;\
LOG_PAGES=$<TARGET_FILE:log_pages>;AUTOREG_SANITIZED=${AUTOREG_SANITIZE};\
PYTHONDONTWRITEBYTECODE=1")
endfunction()

# house_test(<stem> [argument...]): tests/house/check_<stem>.py over the whole tree. It exits
# with 77 when a tool that it needs is not there.
function(house_test stem)
  add_test(NAME house_${stem}
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/house/check_${stem}.py
      ${PROJECT_SOURCE_DIR} ${ARGN})
  set_tests_properties(house_${stem} PROPERTIES LABELS house TIMEOUT 120 SKIP_RETURN_CODE 77
    ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endfunction()

# packaging_test(<stem> [SLOW]): tests/packaging/test_<stem>.py, what stands around the program. SLOW:
# it is about whole packages, which test_packages.py builds for all.
function(packaging_test stem)
  cmake_parse_arguments(P "SLOW" "" "" ${ARGN})
  set(label house)
  set(timeout 120)
  set(cost 0)
  if(P_SLOW)
    set(label slow)
    set(timeout 1200)
    math(EXPR cost "2 * ${SLOW_COST}")
  endif()
  add_test(NAME packaging_${stem}
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/packaging/test_${stem}.py)
  set_tests_properties(packaging_${stem} PROPERTIES LABELS ${label} TIMEOUT ${timeout}
    COST ${cost}
    ENVIRONMENT "AUTOREG=$<TARGET_FILE:autoreg>;AUTOREG_PACKAGES=${PROJECT_BINARY_DIR}/packages;\
PYTHONDONTWRITEBYTECODE=1")
endfunction()
