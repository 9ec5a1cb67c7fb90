// Sign-bit converter: one row of the sign crossbar, with ones or zeros injected from a secret start (docs/model.md,
// section 3, paper section VI).
#pragma once

#include "hw/converter/conversion.hpp"
#include "hw/converter/converter_config.hpp"
#include "hw/converter/pin_conversion.hpp"
#include "hw/crossbar/cell_requests.hpp"
#include "hw/power/remanence.hpp"
#include "hw/sim/busy_line.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "models/sc/streams.hpp"

#include <systemc>

#include <cstdint>
#include <map>
#include <optional>

namespace veilram {

/// Loads a layer's table of start positions, or zeroises it (`start` == nullptr).
struct StartLoad {
    const StartTable* start = nullptr;
    std::optional<std::uint32_t> layer; ///< none: zeroise them all
};

enum class SignBitConverterEvent : std::uint8_t { inject, table_load };

/// Refuses to convert for a layer whose table it does not have: locked. Tables are volatile, and no debug access
/// reaches them. Behind pins every distinct level of a burst is converted once; time and energy are those of the
/// configuration all the same.
class SignBitConverter final : public sc_core::sc_module, public RemanentMemory, public StatProvider, public Traceable {
public:
    RequestTarget<SignBitConverter, ConversionRequest> tsock{"tsock"};
    RequestTarget<SignBitConverter, StartLoad> load_tsock{"load_tsock"};
    RequestInitiator<SignBitConverter, RowReadRequest> sign_isock{"sign_isock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(SignBitConverter);
    /// `pins` is needed where the implementation has any, and must outlive the module.
    SignBitConverter(const sc_core::sc_module_name& name, const SignBitConverterConfig& cfg, PinClock* pins = nullptr);
    ~SignBitConverter() override;

    /// Whether there is any table.
    bool loaded() const { return !tables_.empty(); }

    void record(TwinWave* wave);

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void load_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void rail_method();
    void convert(const StartTable& start, const RowReadRequest& row, ConversionRequest& request);
    bool load(const StartLoad& load);
    void wipe(std::optional<std::uint32_t> layer);

    const SignBitConverterConfig cfg_;
    PinClock* const pins_;
    std::optional<SignBitConversion> conversion_; ///< none without pins
    std::map<std::uint32_t, StartTable> tables_;  ///< by layer
    EventMeter<SignBitConverterEvent, 2> meter_;
    BusyLine busy_{"busy"};
    unsigned start_q_ = 0; ///< start position of the conversion seen last
};

} // namespace veilram
