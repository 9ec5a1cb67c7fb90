// The runtime encryption scheduler of 1T4R crossbars.
#pragma once

#include "hw/converter/sign_bit_converter.hpp"
#include "hw/digital/mask_load.hpp"
#include "hw/gsl/gsl_selector.hpp"
#include "hw/res/runtime_encryption_scheduler.hpp"
#include "models/sc/geometry.hpp"

#include <map>

namespace veilram {

/// Copies a layer's secrets from the key store into the GSL selector, the sign-bit converter and the digital unit, and
/// writes flipped signs right.
class GslScheduler final : public RuntimeEncryptionScheduler {
public:
    RequestInitiator<GslScheduler, GslLoad> gsl_isock{"gsl_isock"};
    RequestInitiator<GslScheduler, StartLoad> start_isock{"start_isock"};
    RequestInitiator<GslScheduler, MaskLoad> mask_isock{"mask_isock"};

    /// `sign_rows` of one crossbar.
    GslScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg, const ArrayGeometry& array,
                 std::uint32_t sign_rows, PinClock* pins = nullptr);
    ~GslScheduler() override;

private:
    bool load(int layer, const Bytes& secret, sc_core::sc_time& delay) override;
    bool zeroise(std::optional<int> layer, sc_core::sc_time& delay) override;
    std::vector<SecretCell> cells_of(int layer, const Bytes& secret) const override;

    const ArrayGeometry array_;
    const std::uint32_t sign_rows_;
    std::map<int, std::uint32_t> crossbars_; ///< of layers that were loaded
};

} // namespace veilram
