# SPDX-License-Identifier: Apache-2.0

# embed_text(<target> <file> <symbol>): the bytes of a file as `const char symbol[]`, with a NUL behind
# them, linked into the target. The file stays what people read and edit.
function(embed_text target file symbol)
  set(path ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  file(CONFIGURE OUTPUT ${source} CONTENT
    "extern const char ${symbol}[];\nconst char ${symbol}[] = { ${bytes}0 };\n")
  target_sources(${target} PRIVATE ${source})
endfunction()
