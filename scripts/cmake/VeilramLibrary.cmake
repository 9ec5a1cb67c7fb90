# Helpers for the project's libraries and tests.
add_library(veilram_options INTERFACE)
target_include_directories(veilram_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(veilram_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${VEILRAM_WERROR}>:-Werror>)
if(VEILRAM_SANITIZE)
  target_compile_options(veilram_options INTERFACE -fsanitize=${VEILRAM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(veilram_options INTERFACE -fsanitize=${VEILRAM_SANITIZE})
endif()
if(VEILRAM_COVERAGE)
  target_compile_options(veilram_options INTERFACE --coverage)
  target_link_options(veilram_options INTERFACE --coverage)
endif()

# Headers that take longer to read than our own code: precompiled once for each target that says so.
set(VEILRAM_SYSTEMC_HEADERS <systemc> <tlm> <tlm_utils/simple_initiator_socket.h> <tlm_utils/simple_target_socket.h>)

# veilram_library(<folder> SOURCES ... [PUBLIC libs...] [PRIVATE libs...] [PRECOMPILE headers...]) makes veilram_<folder> and
# veilram::<folder>.
function(veilram_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE;PRECOMPILE" ${ARGN})
  add_library(veilram_${name} STATIC ${ARG_SOURCES})
  add_library(veilram::${name} ALIAS veilram_${name})
  target_link_libraries(veilram_${name} PUBLIC veilram_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(ARG_PRECOMPILE)
    target_precompile_headers(veilram_${name} PRIVATE ${ARG_PRECOMPILE})
  endif()
endfunction()

# veilram_test(<name> LABEL unit|module|system|learn SOURCES ... LIBS ... [PRECOMPILE headers...]): a GoogleTest binary, each TEST a
# process of its own. Tests are compiled quickly rather than well: what takes time runs in the libraries.
function(veilram_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LIBS;PRECOMPILE" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} veilram_options GTest::gtest GTest::gmock)
  target_compile_options(${name} PRIVATE -O1)
  if(ARG_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${ARG_PRECOMPILE} <gtest/gtest.h>)
  endif()
  target_compile_definitions(${name} PRIVATE VEILRAM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS ${ARG_LABEL}
               ENVIRONMENT "VEILRAM_DATA=${VEILRAM_DATA};SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1")
  # A binary without tests would pass unseen: nothing would be discovered in it.
  add_test(NAME ${name}_has_tests COMMAND ${name} --gtest_list_tests)
  set_tests_properties(${name}_has_tests PROPERTIES PASS_REGULAR_EXPRESSION "\n  [A-Za-z]" LABELS ${ARG_LABEL})
endfunction()
