#include "models/arch/life.hpp"

#include "models/protect/seal.hpp"
#include "models/protect/secrets.hpp"

namespace veilram {
namespace {

constexpr std::int64_t kBurstBytes = 64, kAesBytes = 16, kWordBytes = 8, kDirectoryEntry = 8;

std::int64_t blocks(std::int64_t bytes, std::int64_t size) { return (bytes + size - 1) / size; }

/// Of a layer without flipped signs.
std::int64_t secret_bytes(const LayerEstimate& layer, const ScMachine& machine) {
    LayerSecrets secrets;
    const GslVector vector(words_for(static_cast<std::size_t>(machine.array.segments())));
    const GslVectors vectors{std::vector<GslVector>(static_cast<std::size_t>(machine.n), vector)};
    secrets.gsl.assign(static_cast<std::size_t>(layer.arrays), vectors);
    secrets.weight_sums.assign(
        static_cast<std::size_t>(layer.work.outputs) * static_cast<std::size_t>(layer.work.groups), 0);
    return static_cast<std::int64_t>(encode(secrets, machine.array).size());
}

void add_fetch(PhaseCost& phase, std::int64_t bytes, const ChipCosts& costs) {
    phase.add("chip.dram", costs.dram_access);
    phase.add("chip.dram", costs.dram_burst, blocks(bytes, kBurstBytes));
}

/// Registers emptied: a layer's, or all at once.
void add_zeroise(PhaseCost& phase, const ChipCosts& costs) {
    phase.add("chip.gsl", costs.gsl_zeroise);
    phase.add("chip.digital", {costs.digital_element.time, {}});
    phase.add("chip.sign_bit", costs.start_table_load);
}

} // namespace

void PhaseCost::add(const std::string& block, const Cost& cost, std::int64_t times) {
    Cost& sum = blocks[block];
    sum.time += cost.time * times;
    sum.energy += cost.energy * times;
}

Cost PhaseCost::total() const {
    Cost sum;
    for (const auto& [block, cost] : blocks) {
        sum.time += cost.time;
        sum.energy += cost.energy;
    }
    return sum;
}

LifeEstimate life_of(const NetworkEstimate& network, const ScMachine& machine) {
    const ChipCosts& costs = machine.costs;
    LifeEstimate life;
    for (const LayerEstimate& layer : network.layers) {
        const std::int64_t plain = secret_bytes(layer, machine), words = blocks(plain, kWordBytes);
        const std::int64_t sealed = plain + static_cast<std::int64_t>(kSealBytes);
        life.sealed_bytes += sealed;
        life.fetched_bytes += kBurstBytes * (blocks(kDirectoryEntry, kBurstBytes) + blocks(sealed, kBurstBytes));
        add_fetch(life.boot, kDirectoryEntry, costs);
        add_fetch(life.boot, sealed, costs);
        life.boot.add("chip.crypto", costs.aes_block, blocks(sealed, kAesBytes));
        life.boot.add("chip.keys", costs.key_sram_word, words);
        life.unlock.add("chip.keys", costs.key_sram_word, words);
        life.unlock.add("chip.gsl", costs.gsl_vector_load, layer.arrays * machine.n);
        life.unlock.add("chip.sign_bit", costs.start_table_load);
        life.unlock.add("chip.digital", {costs.digital_element.time, {}});
        add_zeroise(life.lock, costs);
        life.power_off.add("chip.keys", costs.key_sram_word, words);
    }
    add_zeroise(life.power_off, costs);
    return life;
}

} // namespace veilram
