# SPDX-License-Identifier: Apache-2.0

# module(<folder> SOURCES ... DEPS ...): a folder may include only what it lists here.
# tests/house/check_layers.py holds every #include against DEPS.
function(module name)
  cmake_parse_arguments(M "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${M_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${M_DEPS} PRIVATE project_flags)
endfunction()
