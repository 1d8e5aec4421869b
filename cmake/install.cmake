# cmake --install: the program, the libraries with their headers, the data, and a package:
#   find_package(medley REQUIRED)
#   target_link_libraries(app PRIVATE medley::train)   # or core, kernels, autograd, models
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/medley)

install(TARGETS medley_core medley_kernels medley_autograd medley_models medley_train
  EXPORT medley
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/medley)
if(TARGET medley)
  install(TARGETS medley RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${MEDLEY_DATA} DESTINATION ${CMAKE_INSTALL_DATADIR}/medley)

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
