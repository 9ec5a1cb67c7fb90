// LFSR converter: one stream bit per clock (docs/model.md, section 3).
#pragma once

#include "hw/converter/conversion.hpp"
#include "hw/converter/converter_config.hpp"
#include "hw/converter/pin_conversion.hpp"
#include "hw/sim/busy_line.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <optional>

namespace veilram {

enum class LfsrConverterEvent : std::uint8_t { bit };

/// Holds no secret: a stream depends on level and public seed alone. Behind pins every distinct level of a burst is
/// converted once; time and energy are those of the configuration all the same.
class LfsrConverter final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<LfsrConverter, ConversionRequest> tsock{"tsock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(LfsrConverter);
    /// `pins` is needed where the implementation has any, and must outlive the module.
    LfsrConverter(const sc_core::sc_module_name& name, const LfsrConverterConfig& cfg, PinClock* pins = nullptr);
    ~LfsrConverter() override;

    void record(TwinWave* wave);

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);

    void rail_method();

    const LfsrConverterConfig cfg_;
    PinClock* const pins_;
    std::optional<LfsrConversion> conversion_; ///< none without pins
    EventMeter<LfsrConverterEvent, 1> meter_;
    BusyLine busy_{"busy"};
};

} // namespace veilram
