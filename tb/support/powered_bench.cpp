#include "tb/support/powered_bench.hpp"

namespace veilram::test {

std::int64_t stat(const StatProvider& block, const std::string& name) {
    StatGroup group("block");
    block.collect(group);
    for (const auto& figure : group.stats())
        if (figure.name == name) return figure.value;
    ADD_FAILURE() << "the block has no figure '" << name << "'";
    return -1;
}

} // namespace veilram::test
