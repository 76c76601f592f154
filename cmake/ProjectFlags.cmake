# SPDX-License-Identifier: Apache-2.0
#
# project_flags: how everything of ours is compiled. PROJECT_WARNINGS is a list of its own because
# tests/house/check_headers.py compiles each header under it.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

# Asserts stay on in every build.
foreach(config RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${config} "${CMAKE_C_FLAGS_${config}}")
endforeach()

set(PROJECT_WARNINGS
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual
  -Wformat=2 -Wvla -Wundef)

add_library(project_flags INTERFACE)
target_compile_definitions(project_flags INTERFACE _GNU_SOURCE)
target_compile_options(project_flags INTERFACE ${PROJECT_WARNINGS})

if(AUTOREG_SANITIZE)
  # -fno-sanitize-recover: undefined behaviour must fail a test, not only print.
  set(sanitize -fsanitize=${AUTOREG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(project_flags INTERFACE ${sanitize})
  target_link_options(project_flags INTERFACE ${sanitize})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  # Sanitizers do this work better, and _FORTIFY_SOURCE only warns without optimisation.
  target_compile_options(project_flags INTERFACE
    -Werror=format-security -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fPIE)
  target_link_options(project_flags INTERFACE -pie)

  # Nothing tells where it was built. Optimising when linking compiles once more.
  target_compile_options(project_flags INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  target_link_options(project_flags INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

  # Not every compiler and processor knows these: what is not known is left out. -Werror makes a
  # compiler that would only warn of one say no.
  set(CMAKE_REQUIRED_FLAGS -Werror)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
      -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr)
    string(MAKE_C_IDENTIFIER HAVE${flag} have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
      target_compile_options(project_flags INTERFACE ${flag})
    endif()
  endforeach()
  foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed)
    string(MAKE_C_IDENTIFIER HAVE${flag} have)
    check_linker_flag(C ${flag} ${have})
    if(${have})
      target_link_options(project_flags INTERFACE ${flag})
    endif()
  endforeach()
  unset(CMAKE_REQUIRED_FLAGS)
endif()

if(AUTOREG_COVERAGE)
  # Lines are counted atomically, because some are run by several threads.
  target_compile_options(project_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(project_flags INTERFACE --coverage)
endif()
