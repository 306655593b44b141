# -Wrestrict is off: g++ 12 reports it falsely for "x" + std::to_string(i) (GCC bugs 105329, 105651).
add_library(peo_warnings INTERFACE)
target_compile_options(peo_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                                              -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wno-restrict)
if(PEO_WARNINGS_AS_ERRORS)
  target_compile_options(peo_warnings INTERFACE -Werror)
endif()
# Several files compiled as one (the presets with sanitizers): what one file keeps in its anonymous namespace is no longer seen
# to be in the main file, which this warning would need.
if(CMAKE_UNITY_BUILD)
  target_compile_options(peo_warnings INTERFACE -Wno-subobject-linkage)
endif()
# The presets with sanitizers add -Wno-maybe-uninitialized: with them g++ 12 warns inside <regex> (GCC bug 105562).
