# Libraries that programs link against. The installed package reads this file too.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(PNG)
find_dependency(JPEG)
find_dependency(GIF)
if(medley_CUDA STREQUAL ON)  # set by the installed package
  find_dependency(CUDAToolkit)
endif()

# Debian's utf8proc, xxhash and webp come without CMake packages.
set(medley_header_utf8proc utf8proc.h)
set(medley_header_xxhash xxhash.h)
set(medley_header_webp webp/decode.h)
set(medley_header_webpdemux webp/demux.h)
foreach(library utf8proc xxhash webp webpdemux)
  if(NOT TARGET medley::${library})
    find_path(MEDLEY_${library}_INCLUDE ${medley_header_${library}} REQUIRED)
    find_library(MEDLEY_${library}_LIBRARY ${library} REQUIRED)
    mark_as_advanced(MEDLEY_${library}_INCLUDE MEDLEY_${library}_LIBRARY)
    add_library(medley::${library} UNKNOWN IMPORTED)
    set_target_properties(medley::${library} PROPERTIES
      IMPORTED_LOCATION ${MEDLEY_${library}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${MEDLEY_${library}_INCLUDE})
  endif()
endforeach()
