#include "models/base/random.hpp"

namespace veilram {
namespace {

/// FNV-1a over the name, finished by the SplitMix64 mixer so that near seeds give unrelated generators.
std::uint64_t mix(std::uint64_t seed, std::string_view name) {
    std::uint64_t h = 0xcbf29ce484222325ULL ^ seed;
    for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    h += 0x9e3779b97f4a7c15ULL + seed + (seed >> 63); // the two additions of the top bit alone would cancel
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    return h ^ (h >> 31);
}

} // namespace

Rng make_rng(std::uint64_t seed, std::string_view name) { return Rng(mix(seed, name)); }

} // namespace veilram
