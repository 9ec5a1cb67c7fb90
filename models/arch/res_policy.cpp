#include "models/arch/res_policy.hpp"

namespace veilram {

std::string to_string(ResPolicy policy) {
    switch (policy) {
    case ResPolicy::per_layer:
        return "per_layer";
    case ResPolicy::prefetch:
        return "prefetch";
    case ResPolicy::resident:
        return "resident";
    }
    return "per_layer";
}

std::size_t open_layers(ResPolicy policy, std::size_t layers) {
    switch (policy) {
    case ResPolicy::per_layer:
        return 1;
    case ResPolicy::prefetch:
        return 2;
    case ResPolicy::resident:
        return layers;
    }
    return 1;
}

} // namespace veilram
