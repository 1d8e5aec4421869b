# cmake -D METRICS=metrics.json -P .ci/figures.cmake: fails unless the shortened demo learned what it
# always learns. The same seed gives the same figures on one kind of CPU; the limits leave room for others.
cmake_minimum_required(VERSION 3.25)
file(READ ${METRICS} metrics)

function(at_least least)
  string(JSON figure GET "${metrics}" ${ARGN})
  list(JOIN ARGN . name)
  message("${name} = ${figure} (at least ${least})")
  if(NOT figure GREATER_EQUAL least)
    message(FATAL_ERROR "${name} is too low")
  endif()
endfunction()

at_least(0.30 eval test_seen i2t_itm r1)
at_least(0.12 eval test_seen captions exact)
at_least(0.75 eval test_seen captions token_f1)
at_least(1 train images_per_second)
