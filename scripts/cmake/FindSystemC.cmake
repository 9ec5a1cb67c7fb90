# Finds SystemC 2.3.4 or newer and makes SystemC::systemc. Tries the config package, then pkg-config, then a plain lookup; ends in a link
# probe, because libsystemc only links with the C++ standard that it was built with.
include(FindPackageHandleStandardArgs)
include(CheckCXXSourceCompiles)

if(NOT TARGET SystemC::systemc)
  find_package(SystemCLanguage CONFIG QUIET)
endif()
if(NOT TARGET SystemC::systemc)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(SYSTEMC_PC QUIET systemc)
  endif()
  find_path(SystemC_INCLUDE_DIR systemc HINTS ${SYSTEMC_PC_INCLUDE_DIRS} $ENV{SYSTEMC_HOME}/include)
  find_library(SystemC_LIBRARY systemc HINTS ${SYSTEMC_PC_LIBRARY_DIRS} $ENV{SYSTEMC_HOME}/lib $ENV{SYSTEMC_HOME}/lib-linux64)
  mark_as_advanced(SystemC_INCLUDE_DIR SystemC_LIBRARY)
  if(SystemC_INCLUDE_DIR AND SystemC_LIBRARY)
    add_library(SystemC::systemc UNKNOWN IMPORTED)
    set_target_properties(SystemC::systemc PROPERTIES
      IMPORTED_LOCATION ${SystemC_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${SystemC_INCLUDE_DIR}
      INTERFACE_COMPILE_DEFINITIONS SC_INCLUDE_DYNAMIC_PROCESSES)
  endif()
endif()

set(SystemC_TARGET "")
if(TARGET SystemC::systemc)
  set(SystemC_TARGET SystemC::systemc)
  set(CMAKE_REQUIRED_LIBRARIES SystemC::systemc)
  set(CMAKE_REQUIRED_FLAGS "-std=c++${CMAKE_CXX_STANDARD}")
  check_cxx_source_compiles("#include <systemc>\nint sc_main(int, char*[]) { return 0; }" SystemC_LINKS)
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT SystemC_LINKS)
    message(FATAL_ERROR "libsystemc was built with another C++ standard than ${CMAKE_CXX_STANDARD} (see its symbol "
      "sc_api_version_..._cxxNNNN): set CMAKE_CXX_STANDARD to that standard.")
  endif()
endif()
find_package_handle_standard_args(SystemC
  REASON_FAILURE_MESSAGE "install libsystemc-dev (scripts/setup does) or set SYSTEMC_HOME"
  REQUIRED_VARS SystemC_TARGET)
