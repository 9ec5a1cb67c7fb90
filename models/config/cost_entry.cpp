#include "models/config/cost_entry.hpp"

namespace veilram {

template <> const Choices<CostBasis>& choices<CostBasis>() {
    static const Choices<CostBasis> all{
        {"read", CostBasis::read}, {"derived", CostBasis::derived}, {"assumed", CostBasis::assumed}};
    return all;
}

static void origin_fields(FieldVisitor& v, Origin& entry) {
    v.text("source", entry.source, required("where the figure comes from"));
    v.choice("basis", entry.basis, required("how the figure was obtained"));
    v.text("technology", entry.technology, required("node or device the figure belongs to"));
}

void fields(FieldVisitor& v, CostEntry& entry) {
    v.time("time", entry.cost.time, required("time of one event"));
    v.energy("energy", entry.cost.energy, required("energy of one event"));
    origin_fields(v, entry);
}

void fields(FieldVisitor& v, ComponentEntry& entry) {
    v.power("power", entry.component.power, required("while it works"));
    v.area("area", entry.component.area, required("on the chip"));
    origin_fields(v, entry);
}

} // namespace veilram
