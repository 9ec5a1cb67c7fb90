#include "hw/isaac/sealed_isaac.hpp"

namespace veilram {
namespace {

std::uint32_t journal_rows(const IsaacMap& map) {
    const auto bits = static_cast<std::size_t>(map.config().columns);
    return static_cast<std::uint32_t>((map.layers() + bits - 1) / bits);
}
IsaacWriterConfig writer_config(const IsaacMap& map, const SealedIsaacConfig& cfg) {
    const IsaacConfig& isaac = map.config();
    return {static_cast<std::uint32_t>(isaac.arrays()),
            static_cast<std::uint32_t>(isaac.rows),
            static_cast<std::uint32_t>(isaac.columns),
            isaac.cell_bits,
            journal_rows(map),
            cfg.costs.sign_row_read,
            cfg.costs.cell_write,
            cfg.seed};
}
SchedulerConfig scheduler_config(const IsaacMap& map, const SealedIsaacConfig& cfg) {
    const IsaacConfig& isaac = map.config();
    SchedulerConfig scheduler;
    scheduler.policy = cfg.policy;
    scheduler.journal_row = static_cast<std::uint32_t>(isaac.arrays()) * static_cast<std::uint32_t>(isaac.rows);
    scheduler.journal_bits = static_cast<std::uint32_t>(isaac.columns);
    scheduler.layers = static_cast<std::uint32_t>(map.layers());
    scheduler.zeroise_at_boot = cfg.remanence > Ps{};
    return scheduler;
}
KeyStoreConfig key_config(const IsaacMap& map, const SealedIsaacConfig& cfg) {
    return {cfg.root_key, cfg.minimum_version, static_cast<std::uint32_t>(map.layers()), cfg.key_slot_bytes,
            cfg.costs.key_sram_word};
}

} // namespace

SealedIsaac::SealedIsaac(const sc_core::sc_module_name& name, const IsaacMap& map, const SealedIsaacConfig& cfg)
    : sc_module(name), power("power", {cfg.costs.power_ramp.time, cfg.hold_up, cfg.ride_through, cfg.remanence}),
      chip("chip", map.config()), writer("writer", writer_config(map, cfg)),
      res("res", scheduler_config(map, cfg), map), crypto("crypto", {cfg.costs.aes_block, cfg.costs.sha_block}),
      keys("keys", key_config(map, cfg)), dram("dram", {cfg.costs.dram_access, cfg.costs.dram_burst, 64}) {
    power.power_good_i.bind(power_good_i);
    power.rst_ni.bind(rst_ni);
    power.rail_o.bind(rail);
    power.emergency_isock.bind(res.emergency_tsock);
    power.memory_port.bind(keys);
    power.memory_port.bind(writer);
    for (auto* input : {&chip.rail_i, &writer.rail_i, &res.rail_i, &crypto.rail_i, &keys.rail_i, &dram.rail_i})
        input->bind(rail);
    writer.row_isock.bind(chip.row_tsock);
    res.write_isock.bind(writer.write_tsock);
    res.row_isock.bind(writer.journal_tsock);
    res.crypto_isock.bind(crypto.unseal_tsock);
    res.key_isock.bind(keys.read_tsock);
    crypto.key_isock.bind(keys.write_tsock);
    crypto.root_key_port.bind(keys.root_key_export);
    crypto.memory_isock.bind(dram.tsock[1]);
}

SealedIsaac::~SealedIsaac() = default;

} // namespace veilram
