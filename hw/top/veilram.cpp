#include "hw/top/veilram.hpp"

#include <initializer_list>

namespace veilram {
namespace {

bool is_clocked(const ChipConfig& cfg, std::uint32_t crossbar) {
    return !cfg.clocked.empty() && (cfg.clocked_crossbars.empty() || cfg.clocked_crossbars.count(crossbar) > 0);
}
CrossbarConfig crossbar_config(const ChipConfig& cfg, std::size_t number) {
    const ChipCosts& costs = cfg.costs;
    return {cfg.array,
            cfg.adc,
            costs.adcs_per_crossbar,
            costs.array_read,
            costs.word_line,
            costs.adc_conversion,
            costs.cell_write,
            cfg.device,
            static_cast<std::uint32_t>(number),
            is_clocked(cfg, static_cast<std::uint32_t>(number)) ? cfg.clock : Ps{},
            cfg.implementations.converter == Implementation::rtl ? Implementation::rtl : Implementation::cycle};
}
std::uint32_t sign_rows(const ChipConfig& cfg) { return cfg.crossbars * static_cast<std::uint32_t>(cfg.n); }
/// A bit for each layer.
std::uint32_t journal_rows(const ChipConfig& cfg) {
    const auto bits = static_cast<std::uint32_t>(cfg.array.sign_bits());
    return (cfg.layers + bits - 1) / bits;
}
SignCrossbarConfig sign_config(const ChipConfig& cfg) {
    SignCrossbarConfig signs{sign_rows(cfg), cfg.array.sign_bits(), cfg.costs.sign_row_read, cfg.costs.cell_write};
    signs.journal_rows = journal_rows(cfg);
    signs.seed = cfg.device.seed;
    return signs;
}
SchedulerConfig scheduler_config(const ChipConfig& cfg) {
    return {cfg.policy, sign_rows(cfg),       static_cast<std::uint32_t>(cfg.array.sign_bits()),
            cfg.layers, cfg.remanence > Ps{}, cfg.implementations.res};
}
GslConfig gsl_config(const ChipConfig& cfg) {
    return {cfg.array,
            cfg.crossbars,
            cfg.n,
            cfg.costs.gsl_vector_load,
            cfg.costs.gsl_zeroise,
            cfg.costs.gsl_line_switch,
            cfg.implementations.gsl};
}
SignBitConverterConfig sign_bit_config(const ChipConfig& cfg) {
    return {cfg.array.cols,
            cfg.n,
            cfg.costs.inject_cycles,
            cfg.costs.inject,
            cfg.costs.start_table_load,
            open_layers(cfg.policy, cfg.layers),
            cfg.implementations.converter};
}
KeyStoreConfig key_config(const ChipConfig& cfg) {
    return {cfg.root_key, cfg.minimum_version, cfg.layers, cfg.key_slot_bytes, cfg.costs.key_sram_word};
}
HostConfig host_config(const ChipConfig& cfg) {
    const auto row_bytes = [](int bits) { return static_cast<std::uint64_t>((bits + 7) / 8); };
    return {cfg.crossbars, static_cast<std::uint64_t>(cfg.array.rows) * row_bytes(cfg.array.cols),
            std::uint64_t{sign_rows(cfg) + journal_rows(cfg)} * row_bytes(cfg.array.sign_bits()),
            cfg.costs.host_access.time};
}

} // namespace

VeilRam::VeilRam(const sc_core::sc_module_name& name, const ChipConfig& cfg)
    : sc_module(name), has_rtl_(cfg.implementations.any(Implementation::rtl)), pins_(cfg.clock),
      power_("power", {cfg.costs.power_ramp.time, cfg.hold_up, cfg.ride_through, cfg.remanence}),
      host_("host", host_config(cfg)), tile_("tile", {cfg.array, cfg.crossbars, cfg.n, cfg.adc, cfg.image_base,
                                                      cfg.policy, cfg.clocked, cfg.costs.accumulate.time, cfg.sharing}),
      res_("res", scheduler_config(cfg), cfg.array, static_cast<std::uint32_t>(cfg.n), &pins_),
      crypto_("crypto", {cfg.costs.aes_block, cfg.costs.sha_block}), keys_("keys", key_config(cfg)),
      dram_("dram", {cfg.costs.dram_access, cfg.costs.dram_burst, 64}), gsl_("gsl", gsl_config(cfg), &pins_),
      sign_bit_("sign_bit", sign_bit_config(cfg), &pins_),
      lfsr_("lfsr", {cfg.array.cols, cfg.costs.lfsr_bit, cfg.implementations.converter}, &pins_),
      digital_("digital", {cfg.costs.accumulate, cfg.costs.digital_element, cfg.costs.mask_row,
                           open_layers(cfg.policy, cfg.layers)}),
      signs_("signs", sign_config(cfg)), crossbars_("crossbar") {
    crossbars_.init(cfg.crossbars, [&](const char* instance, std::size_t number) {
        return new Crossbar(instance, crossbar_config(cfg, number), &pins_);
    });
    bind_power();
    bind_data();
    bind_secrets();
}

VeilRam::~VeilRam() = default;

void VeilRam::record(TwinWave* wave) {
    pins_.record(wave);
    gsl_.record(wave);
    sign_bit_.record(wave);
    lfsr_.record(wave);
    res_.record(wave);
    for (auto& crossbar : crossbars_) crossbar.record(wave);
}

void VeilRam::bind_power() {
    power_.power_good_i.bind(power_good_i);
    power_.rst_ni.bind(rst_ni);
    host_.rst_ni.bind(rst_ni);
    power_.rail_o.bind(rail_);
    host_.irq_o.bind(irq_o);
    host_.done_i.bind(done_);
    tile_.done_o.bind(done_);
    tile_.power_isock.bind(power_.tsock);
    power_.emergency_isock.bind(res_.emergency_tsock);
    for (auto* rail : {&host_.rail_i, &tile_.rail_i, &res_.rail_i, &crypto_.rail_i, &keys_.rail_i, &dram_.rail_i,
                       &gsl_.rail_i, &sign_bit_.rail_i, &lfsr_.rail_i, &digital_.rail_i, &signs_.rail_i})
        rail->bind(rail_);
    for (auto& crossbar : crossbars_) crossbar.rail_i.bind(rail_);
    for (RemanentMemory* memory :
         std::initializer_list<RemanentMemory*>{&host_, &keys_, &gsl_, &sign_bit_, &digital_, &signs_})
        power_.memory_port.bind(*memory);
}

void VeilRam::bind_data() {
    host_tsock.bind(host_.tsock);
    dram_.memory_isock.bind(memory_isock);
    host_.tile_isock.bind(tile_.tsock);
    host_.sign_isock.bind(signs_.cell_tsock);
    tile_.memory_isock.bind(dram_.tsock[0]);
    tile_.hash_isock.bind(crypto_.hash_tsock);
    tile_.res_isock.bind(res_.tsock);
    tile_.sign_bit_isock.bind(sign_bit_.tsock);
    tile_.lfsr_isock.bind(lfsr_.tsock);
    tile_.read_isock.bind(gsl_.read_tsock);
    tile_.digital_isock.bind(digital_.tsock);
    crypto_.memory_isock.bind(dram_.tsock[1]);
    sign_bit_.sign_isock.bind(signs_.row_tsock[0]);
    digital_.sign_isock.bind(signs_.row_tsock[1]);
    for (std::size_t c = 0; c < crossbars_.size(); ++c) {
        gsl_.crossbar_isock[c].bind(crossbars_[c].read_tsock);
        host_.cell_isock[c].bind(crossbars_[c].cell_tsock);
    }
}

void VeilRam::bind_secrets() {
    res_.crypto_isock.bind(crypto_.unseal_tsock);
    res_.key_isock.bind(keys_.read_tsock);
    res_.gsl_isock.bind(gsl_.load_tsock);
    res_.start_isock.bind(sign_bit_.load_tsock);
    res_.mask_isock.bind(digital_.mask_tsock);
    res_.row_isock.bind(signs_.row_tsock[2]);
    res_.write_isock.bind(signs_.write_tsock);
    crypto_.key_isock.bind(keys_.write_tsock);
    crypto_.root_key_port.bind(keys_.root_key_export);
}

} // namespace veilram
