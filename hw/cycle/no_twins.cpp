// In the place of the twins where Verilator is absent.
#include "hw/cls/cls_adjust_pins.hpp"
#include "hw/converter/lfsr_pins.hpp"
#include "hw/converter/sign_bit_pins.hpp"
#include "hw/cycle/twins.hpp"
#include "hw/gsl/gsl_pins.hpp"
#include "hw/res/res_pins.hpp"
#include "models/base/diagnostics.hpp"

namespace veilram {
namespace {

[[noreturn]] void refuse() {
    throw UserError("this program was built without Verilator and has no RTL: install the package 'verilator' and "
                    "configure again with -DVEILRAM_COSIM=ON, or choose 'impl: systemc' or 'impl: cycle'");
}

} // namespace

bool has_twins() { return false; }

struct TwinWave::File {};
TwinWave::TwinWave(const std::string&) { refuse(); }
TwinWave::~TwinWave() = default;
void TwinWave::next_edge(std::int64_t, std::int64_t) {}
void TwinWave::fall() {}
void TwinWave::rise() {}

template <> std::unique_ptr<Twin<ClsAdjustPins>> make_twin(const std::string&) { refuse(); }
template <> std::unique_ptr<Twin<GslPins>> make_twin(const std::string&) { refuse(); }
template <> std::unique_ptr<Twin<LfsrPins>> make_twin(const std::string&) { refuse(); }
template <> std::unique_ptr<Twin<ResPins>> make_twin(const std::string&) { refuse(); }
template <> std::unique_ptr<Twin<SignBitPins>> make_twin(const std::string&) { refuse(); }

} // namespace veilram
