# cmake --install: the program, the libraries with their public headers, the data, and two ways to
# use them (docs/library.md):
#   find_package(medley REQUIRED)
#   target_link_libraries(app PRIVATE medley::train)   # or core, kernels, autograd, models
# and pkg-config --cflags --libs medley.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/medley)

install(TARGETS medley_core medley_kernels medley_autograd medley_models medley_train
  EXPORT medley
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(CODE "set(SOURCE \"${PROJECT_SOURCE_DIR}\")
set(STAGE \"${PROJECT_BINARY_DIR}/installed_headers\")")
install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/install_headers.cmake)
if(TARGET medley)
  install(TARGETS medley RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${MEDLEY_DATA} ${MEDLEY_DATA}/../demo DESTINATION ${CMAKE_INSTALL_DATADIR}/medley)

install(EXPORT medley NAMESPACE medley:: FILE medleyTargets.cmake DESTINATION ${package})
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/medleyConfig.cmake @ONLY CONTENT
"set(medley_CUDA ${MEDLEY_CUDA})
include(\${CMAKE_CURRENT_LIST_DIR}/libraries.cmake)
include(\${CMAKE_CURRENT_LIST_DIR}/medleyTargets.cmake)
")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/medleyConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/medleyConfig.cmake ${PROJECT_BINARY_DIR}/medleyConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/libraries.cmake
  DESTINATION ${package})

# All libraries are static, so what they need stands in Requires and Libs: who links medley links it.
# The prefix is that of the installed file, wherever it was moved to.
set(defines "")
set(libraries -pthread)
foreach(layer core kernels)
  get_target_property(definitions medley_${layer} INTERFACE_COMPILE_DEFINITIONS)
  if(definitions)
    list(APPEND defines ${definitions})
  endif()
endforeach()
list(TRANSFORM defines PREPEND -D)
list(JOIN defines " " defines)
if(MEDLEY_CUDA STREQUAL ON)
  list(APPEND libraries -L${CUDAToolkit_LIBRARY_DIR} -lcublasLt -lcudart_static -lrt -ldl)
endif()
list(JOIN libraries " " libraries)
set(formats "")
if(TARGET TIFF::TIFF)
  string(APPEND formats " libtiff-4")
endif()
if(TARGET medley::avif)
  string(APPEND formats " libavif")
endif()
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/medley.pc @ONLY CONTENT
"prefix=\${pcfiledir}/@up@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@

Name: medley
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Requires: libpng libjpeg libgif libwebp libwebpdemux libutf8proc libxxhash zlib libzstd@formats@
Cflags: -I\${prefix}/include @defines@
Libs: -L\${libdir} -lmedley_train -lmedley_models -lmedley_autograd -lmedley_kernels -lmedley_core @libraries@
")
install(FILES ${PROJECT_BINARY_DIR}/medley.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The release archive: medley-0.1.0-Linux-x86_64.tar.gz.
set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_FILE_NAME medley-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
include(CPack)
