# Run by cmake --install: puts the public headers under include/medley. Public are the headers of
# the layers (core/core.h, kernels/kernels.h, ..), which become <medley/core.h>, .., and every header
# that these include. In the tree a header says "core/tensor.h"; installed it says
# <medley/core/tensor.h>, so that a program's include path holds one name, medley.
# Needs SOURCE and STAGE (a folder of its own, emptied first), and what cmake_install.cmake sets.
cmake_policy(VERSION 3.25)
file(REMOVE_RECURSE ${STAGE})
set(layers core kernels autograd models train)
list(TRANSFORM layers REPLACE "(.+)" "\\1/\\1.h" OUTPUT_VARIABLE left)
set(seen ${left})
while(left)
  list(POP_FRONT left header)
  file(READ ${SOURCE}/${header} text)
  string(REGEX MATCHALL "#include \"[^\"]+\"" includes "${text}")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "#include \"(.*)\"" "\\1" include "${include}")
    if(NOT include IN_LIST seen)
      list(APPEND seen ${include})
      list(APPEND left ${include})
    endif()
  endforeach()
  string(REGEX REPLACE "#include \"([^\"]+)\"" "#include <medley/\\1>" text "${text}")
  foreach(layer IN LISTS layers)
    string(REPLACE "<medley/${layer}/${layer}.h>" "<medley/${layer}.h>" text "${text}")
    string(REPLACE "${layer}/${layer}.h" "${layer}.h" header ${header})
  endforeach()
  file(WRITE ${STAGE}/medley/${header} "${text}")
endwhile()
file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/include TYPE DIRECTORY FILES ${STAGE}/medley)
