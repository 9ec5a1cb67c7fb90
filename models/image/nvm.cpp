#include "models/image/nvm.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <string>

namespace veilram {

NvmView NvmPart::view(std::size_t first, std::size_t count) const {
    if (first + count > std::min(cells.size(), signs.size()))
        throw ModelError("crossbars " + std::to_string(first) + ".." + std::to_string(first + count) + " of " +
                         std::to_string(cells.size()));
    return {cells.data() + first, signs.data() + first, nullptr};
}

} // namespace veilram
