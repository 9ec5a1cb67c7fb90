// Crossbars in an HDF5 file: the group /nvm of docs/image_format.md.
#pragma once

#include "models/image/hdf5_file.hpp"
#include "models/image/nvm.hpp"
#include "models/sc/geometry.hpp"

#include <cstddef>

namespace veilram {

/// Bytes that the crossbars take in a file.
std::size_t crossbar_bytes(const NvmSource& nvm);
/// Writes the group with all of them, some at a time, and their size as attributes of the file. Throws ModelError when
/// there are none or they differ in size.
void write_crossbars(Hdf5Writer& file, const NvmSource& nvm);

std::size_t count_crossbars(const Hdf5Reader& file);
/// Throws UserError, as Hdf5Reader::fail(), when the file's crossbars are not `count` of this size.
void check_crossbars(const Hdf5Reader& file, std::size_t count, const ArrayGeometry& array, int n);
NvmPart read_crossbars(const Hdf5Reader& file, std::size_t first, std::size_t count);

} // namespace veilram
