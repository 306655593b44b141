# peo_library(NAME SOURCES a.cpp … LINKS x y …): a static library peo_NAME of one directory under src/; with HEADERS instead
# of SOURCES, one that is headers alone.
# Includes are written from src/ ("base/error.hpp"), so a reader sees which directory is used. What a library links says what
# it may include (scripts/rooms checks that).
function(peo_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;LINKS" ${ARGN})
  if(ARG_HEADERS)
    add_library(peo_${name} INTERFACE)
    target_include_directories(peo_${name} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(peo_${name} INTERFACE ${ARG_LINKS})
    return()
  endif()
  add_library(peo_${name} STATIC ${ARG_SOURCES})
  target_include_directories(peo_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(peo_${name} PUBLIC ${ARG_LINKS} PRIVATE peo_warnings)
endfunction()
