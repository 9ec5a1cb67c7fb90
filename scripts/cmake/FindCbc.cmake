# Finds COIN-OR CBC's C interface and makes Cbc::Cbc.
include(FindPackageHandleStandardArgs)
find_path(Cbc_INCLUDE_DIR Cbc_C_Interface.h PATH_SUFFIXES coin)
find_library(Cbc_LIBRARY Cbc)
find_library(Cbc_SOLVER_LIBRARY CbcSolver)
mark_as_advanced(Cbc_INCLUDE_DIR Cbc_LIBRARY Cbc_SOLVER_LIBRARY)
find_package_handle_standard_args(Cbc
  REASON_FAILURE_MESSAGE "install coinor-libcbc-dev (scripts/setup does)"
  REQUIRED_VARS Cbc_INCLUDE_DIR Cbc_LIBRARY Cbc_SOLVER_LIBRARY)
if(Cbc_FOUND AND NOT TARGET Cbc::Cbc)
  add_library(Cbc::Cbc INTERFACE IMPORTED)
  target_include_directories(Cbc::Cbc INTERFACE ${Cbc_INCLUDE_DIR})
  target_link_libraries(Cbc::Cbc INTERFACE ${Cbc_SOLVER_LIBRARY} ${Cbc_LIBRARY})
endif()
