# Turns files into one C++ source. As a script:
#   cmake -DLIST=<file with one relative path a line> -DROOT=<folder> -DOUT=<source> -P embed.cmake
# As a module it gives af_embed_schemas(variable): the generated source with everything under schemas/.
if(CMAKE_SCRIPT_MODE_FILE)
  file(STRINGS ${LIST} files ENCODING UTF-8)
  set(entries "")
  foreach(file IN LISTS files)
    file(READ ${ROOT}/${file} text)
    if(text MATCHES "\\)af_embed\"")
      message(FATAL_ERROR "${file} holds the delimiter of the literals that embed it")
    endif()
    string(APPEND entries "    {R\"af_embed(${file})af_embed\", R\"af_embed(${text})af_embed\"},\n")
  endforeach()
  list(LENGTH files count)
  set(body "const std::array<EmbeddedFile, ${count}> files{{\n${entries}}};\n")
  file(WRITE ${OUT}.tmp "// Generated from schemas/ by cmake/embed.cmake.
#include \"common/embedded.hpp\"

#include <array>

namespace factory {
namespace {
${body}}  // namespace

std::span<const EmbeddedFile> embedded_schemas() { return files; }

}  // namespace factory
")
  file(RENAME ${OUT}.tmp ${OUT})
  return()
endif()

function(af_embed_schemas result)
  set(root ${PROJECT_SOURCE_DIR}/schemas)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${root} ${root}/*.json)
  list(SORT files)
  # The list is a file of its own, so that a schema that goes away changes it, too.
  set(list ${PROJECT_BINARY_DIR}/generated/embedded.list)
  list(JOIN files "\n" lines)
  file(CONFIGURE OUTPUT ${list} CONTENT "${lines}\n" @ONLY)
  set(source ${PROJECT_BINARY_DIR}/generated/embedded.cpp)
  list(TRANSFORM files PREPEND ${root}/ OUTPUT_VARIABLE inputs)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DLIST=${list} -DROOT=${root} -DOUT=${source}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${inputs} ${list} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding schemas/"
    VERBATIM)
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-Wno-overlength-strings")
  set(${result} ${source} PARENT_SCOPE)
endfunction()
