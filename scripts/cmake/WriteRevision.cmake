# cmake -DGIT=... -DSOURCE=... -DHEADER=... -P WriteRevision.cmake: writes the revision of the sources into HEADER, if it changed.
cmake_minimum_required(VERSION 3.25)
set(revision unknown)
if(GIT)
  # Without optional locks: a build must not disturb what else works in the same tree.
  execute_process(COMMAND ${GIT} --no-optional-locks describe --always --dirty --tags
    WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(described)
    set(revision ${described})
  endif()
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#pragma once\n\nnamespace veilram {\nconstexpr char kRevision[] = \"@revision@\";\n}\n" @ONLY)
