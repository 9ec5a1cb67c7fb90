// The `components:` section: what parts of the protected chip take and draw, each with its source.
#pragma once

#include "models/arch/area.hpp"
#include "models/config/cost_entry.hpp"

#include <array>

namespace veilram {

struct ComponentField {
    const char* key;
    Component ScComponents::*component;
    const char* help;
};
/// Every component, in the order of a table.
const std::array<ComponentField, 10>& component_fields();

struct ComponentTable {
    std::array<ComponentEntry, 10> entries;
};
void fields(FieldVisitor& v, ComponentTable& table);

/// The table without its sources.
ScComponents sc_components(const ComponentTable& table);

} // namespace veilram
