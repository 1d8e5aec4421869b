# Libraries that programs link against. The installed package reads this file too.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(PNG)
find_dependency(JPEG)
find_dependency(GIF)
find_dependency(ZLIB)
if(NOT MEDLEY_STATIC)  # their static libraries need a dozen others
  find_package(TIFF 4.5 QUIET)  # pictures in TIFF, where it is there
endif()
if(medley_CUDA STREQUAL ON)  # set by the installed package
  find_dependency(CUDAToolkit)
endif()

# Debian's utf8proc, xxhash, zstd and webp come without CMake packages. avif is used where it is
# there.
set(medley_header_utf8proc utf8proc.h)
set(medley_header_xxhash xxhash.h)
set(medley_header_zstd zstd.h)
set(medley_header_webp webp/decode.h)
set(medley_header_webpdemux webp/demux.h)
set(medley_header_avif avif/avif.h)
foreach(library utf8proc xxhash zstd webp webpdemux avif)
  if(library STREQUAL avif AND MEDLEY_STATIC)
    continue()
  endif()
  set(required REQUIRED)
  if(library STREQUAL avif)
    set(required "")
  endif()
  if(NOT TARGET medley::${library})
    find_path(MEDLEY_${library}_INCLUDE ${medley_header_${library}} ${required})
    find_library(MEDLEY_${library}_LIBRARY ${library} ${required})
    mark_as_advanced(MEDLEY_${library}_INCLUDE MEDLEY_${library}_LIBRARY)
    if(NOT MEDLEY_${library}_INCLUDE OR NOT MEDLEY_${library}_LIBRARY)
      continue()
    endif()
    add_library(medley::${library} UNKNOWN IMPORTED)
    set_target_properties(medley::${library} PROPERTIES
      IMPORTED_LOCATION ${MEDLEY_${library}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${MEDLEY_${library}_INCLUDE})
  endif()
endforeach()
