# Compiler, linker and sanitizer settings that every target of ours shares, as `af_options`.
include(CheckLinkerFlag)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(af_options INTERFACE)
target_compile_features(af_options INTERFACE cxx_std_20)
target_include_directories(af_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/api-server)
target_compile_options(af_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 reports overlaps that cannot be in `"literal" + std::string` (GCC bug 105329).
  target_compile_options(af_options INTERFACE -Wno-restrict)
endif()

# The fastest linker that is there; the toolchain's own otherwise.
foreach(linker mold lld)
  check_linker_flag(CXX "-fuse-ld=${linker}" AF_HAVE_${linker})
  if(AF_HAVE_${linker})
    target_link_options(af_options INTERFACE "-fuse-ld=${linker}")
    break()
  endif()
endforeach()

set(AF_SANITIZE "" CACHE STRING "Value of -fsanitize=, empty for none")
if(AF_SANITIZE)
  set(flags -fsanitize=${AF_SANITIZE} -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND flags -Wno-maybe-uninitialized)  # false alarms on instrumented code
  endif()
  target_compile_options(af_options INTERFACE ${flags})
  target_link_options(af_options INTERFACE -fsanitize=${AF_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(af_options INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE
                                              -D_FORTIFY_SOURCE=2)
endif()
