# Libraries that programs link against. The installed package reads this file too.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(PNG)
find_dependency(JPEG)

# Debian's utf8proc and xxhash come without CMake packages.
foreach(library utf8proc xxhash)
  if(NOT TARGET medley::${library})
    find_path(MEDLEY_${library}_INCLUDE ${library}.h REQUIRED)
    find_library(MEDLEY_${library}_LIBRARY ${library} REQUIRED)
    mark_as_advanced(MEDLEY_${library}_INCLUDE MEDLEY_${library}_LIBRARY)
    add_library(medley::${library} UNKNOWN IMPORTED)
    set_target_properties(medley::${library} PROPERTIES
      IMPORTED_LOCATION ${MEDLEY_${library}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${MEDLEY_${library}_INCLUDE})
  endif()
endforeach()
