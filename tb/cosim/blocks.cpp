#include "tb/cosim/blocks.hpp"

#include "hw/cls/cls_adjust_pins.hpp"
#include "hw/converter/lfsr_pins.hpp"
#include "hw/converter/sign_bit_pins.hpp"
#include "hw/cycle/twins.hpp"
#include "hw/gsl/gsl_pins.hpp"
#include "hw/res/res_pins.hpp"
#include "models/base/diagnostics.hpp"
#include "tb/cosim/stimuli.hpp"

namespace veilram {
namespace {

template <class Model> std::unique_ptr<PinModel> make_model() { return std::make_unique<Model>(); }
template <class Pins> std::unique_ptr<PinModel> make_twin_of() { return make_twin<Pins>(Pins::table().block); }
template <class Pins> void write_coverage_of(PinModel& twin, const std::string& path) {
    dynamic_cast<Twin<Pins>&>(twin).write_coverage(path);
}

} // namespace

const std::vector<CosimBlock>& cosim_blocks() {
    static const std::vector<CosimBlock> kBlocks{
        {&GslPins::table(), gsl_stimulus(), make_model<GslCycle>, make_twin_of<GslPins>, write_coverage_of<GslPins>,
         "hw/gsl/rtl/gsl_selector.sv"},
        {&ResPins::table(), res_stimulus(), make_model<ResCycle>, make_twin_of<ResPins>, write_coverage_of<ResPins>,
         "hw/res/rtl/res_fsm.sv"},
        {&SignBitPins::table(), sign_bit_stimulus(), make_model<SignBitCycle>, make_twin_of<SignBitPins>,
         write_coverage_of<SignBitPins>, "hw/converter/rtl/sign_bit_converter.sv"},
        {&LfsrPins::table(), lfsr_stimulus(), make_model<LfsrCycle>, make_twin_of<LfsrPins>,
         write_coverage_of<LfsrPins>, "hw/converter/rtl/lfsr_converter.sv"},
        {&ClsAdjustPins::table(), cls_adjust_stimulus(), make_model<ClsAdjustCycle>, make_twin_of<ClsAdjustPins>,
         write_coverage_of<ClsAdjustPins>, "hw/cls/rtl/cls_adjust.sv"},
    };
    return kBlocks;
}

const CosimBlock& cosim_block(const std::string& name) {
    std::string names;
    for (const CosimBlock& block : cosim_blocks()) {
        if (name == block.table->block) return block;
        names += (names.empty() ? "" : ", ") + std::string(block.table->block);
    }
    throw UserError("no block '" + name + "' has a twin; there are " + names);
}

std::vector<const CosimBlock*> chosen_blocks(const std::string& name) {
    if (name != "all") return {&cosim_block(name)};
    std::vector<const CosimBlock*> blocks;
    for (const CosimBlock& block : cosim_blocks()) blocks.push_back(&block);
    return blocks;
}

} // namespace veilram
