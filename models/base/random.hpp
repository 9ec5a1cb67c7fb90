// Reproducible randomness: every consumer has a generator of its own, named after what it is for.
#pragma once

#include <boost/random/mersenne_twister.hpp>

#include <cstdint>
#include <string_view>

namespace veilram {

/// Use it with Boost.Random distributions only: they give the same numbers on every platform, the standard's do not.
using Rng = boost::random::mt19937_64;

/// A generator that depends on the seed and the name alone, so that adding a consumer never shifts another one's numbers.
Rng make_rng(std::uint64_t seed, std::string_view name);

} // namespace veilram
