#include "hw/res/gsl_scheduler.hpp"

namespace veilram {

GslScheduler::GslScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg, const ArrayGeometry& array,
                           std::uint32_t sign_rows, PinClock* pins)
    : RuntimeEncryptionScheduler(name, cfg, pins), array_(array), sign_rows_(sign_rows) {}

GslScheduler::~GslScheduler() = default;

bool GslScheduler::load(int layer, const Bytes& secret, sc_core::sc_time& delay) {
    LayerSecrets secrets = decode_secrets(secret, array_);
    const WipedAtEnd wiped(secrets);
    crossbars_[layer] = static_cast<std::uint32_t>(secrets.gsl.size());
    const auto number = static_cast<std::uint32_t>(layer);
    GslLoad gsl{first_crossbar(layer), &secrets.gsl, 0};
    StartLoad start{&secrets.start, number};
    MaskLoad mask{&secrets.mask_key, &secrets.weight_sums, number};
    return send(gsl_isock, gsl, delay) == tlm::TLM_OK_RESPONSE &&
           send(start_isock, start, delay) == tlm::TLM_OK_RESPONSE &&
           send(mask_isock, mask, delay) == tlm::TLM_OK_RESPONSE;
}

bool GslScheduler::zeroise(std::optional<int> layer, sc_core::sc_time& delay) {
    GslLoad gsl;
    StartLoad start;
    MaskLoad mask;
    if (layer) {
        gsl.first_crossbar = first_crossbar(*layer);
        gsl.crossbars = crossbars_[*layer];
        start.layer = mask.layer = static_cast<std::uint32_t>(*layer);
    }
    const bool gsl_ok = send(gsl_isock, gsl, delay) == tlm::TLM_OK_RESPONSE;
    const bool start_ok = send(start_isock, start, delay) == tlm::TLM_OK_RESPONSE;
    const bool mask_ok = send(mask_isock, mask, delay) == tlm::TLM_OK_RESPONSE;
    return gsl_ok && start_ok && mask_ok;
}

std::vector<SecretCell> GslScheduler::cells_of(int layer, const Bytes& secret) const {
    LayerSecrets secrets = decode_secrets(secret, array_);
    const WipedAtEnd wiped(secrets);
    std::vector<SecretCell> cells;
    cells.reserve(secrets.flips.size()); // a vector that grows leaves copies behind
    for (const SignFlip& flip : secrets.flips) {
        const auto at_rest = static_cast<std::uint8_t>(flip.at_rest);
        cells.push_back({(first_crossbar(layer) + flip.crossbar) * sign_rows_ + flip.row, flip.column, at_rest,
                         static_cast<std::uint8_t>(1 - at_rest)});
    }
    return cells;
}

} // namespace veilram
