# -Wrestrict is off: g++ 12 reports it falsely for "x" + std::to_string(i) (GCC bugs 105329, 105651).
add_library(peo_warnings INTERFACE)
target_compile_options(peo_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                                              -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wno-restrict)
if(PEO_WARNINGS_AS_ERRORS)
  target_compile_options(peo_warnings INTERFACE -Werror)
endif()
# The presets with sanitizers add -Wno-maybe-uninitialized: with them g++ 12 warns inside <regex> (GCC bug 105562).
