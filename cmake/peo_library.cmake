# peo_library(NAME SOURCES a.cpp … LINKS x y …): a static library peo_NAME of one folder under src/.
# Includes are written from src/ ("base/error.hpp"), so a reader sees which folder is used.
function(peo_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(peo_${name} STATIC ${ARG_SOURCES})
  target_include_directories(peo_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(peo_${name} PUBLIC ${ARG_LINKS} PRIVATE peo_warnings)
endfunction()
