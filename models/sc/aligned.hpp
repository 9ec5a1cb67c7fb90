// Vectors whose first element lies where the kernels want it.
#pragma once

#include "models/sc/kernels.hpp"

#include <boost/align/aligned_allocator.hpp>

#include <vector>

namespace veilram {

template <class T> using AlignedVector = std::vector<T, boost::alignment::aligned_allocator<T, kAlignment>>;

} // namespace veilram
