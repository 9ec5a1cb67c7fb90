#include "hw/cycle/check_twin.hpp"

#include "hw/sim/report.hpp"

namespace veilram {

void check_twin(const sc_core::sc_object& owner, const Mismatch* mismatch) {
    const auto name = [&] { return owner.name(); };
    VEILRAM_INVARIANT(mismatch == nullptr, "the RTL differs from its model: " << to_string(*mismatch));
}

} // namespace veilram
