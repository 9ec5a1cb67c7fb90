// The `isaac:` section: the unprotected baseline, each component with its source.
#pragma once

#include "models/config/cost_entry.hpp"
#include "models/isaac/isaac_config.hpp"

#include <array>

namespace veilram {

struct IsaacField {
    const char* key;
    Component IsaacComponents::*component;
    const char* help;
};
/// Every component, in the order of a table.
const std::array<IsaacField, 15>& isaac_fields();

struct IsaacTable {
    IsaacConfig config; ///< its components: isaac_config() fills them in
    std::array<ComponentEntry, 15> entries;
};
void fields(FieldVisitor& v, IsaacTable& table);

/// The table without its sources.
IsaacConfig isaac_config(const IsaacTable& table);

} // namespace veilram
