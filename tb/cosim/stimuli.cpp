#include "tb/cosim/stimuli.hpp"

#include "hw/cls/cls_adjust_pins.hpp"
#include "hw/converter/lfsr_pins.hpp"
#include "hw/converter/sign_bit_pins.hpp"
#include "hw/gsl/gsl_pins.hpp"
#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <string>

namespace veilram {

Stimulus gsl_stimulus() {
    const auto at = [](const char* name) {
        for (const Pin& pin : GslPins::table().inputs)
            if (std::string(pin.name) == name) return pin.word;
        throw ModelError(std::string("no pin ") + name);
    };
    const std::size_t n = at("vectors_i"), index = at("load_index_i"), slot = at("select_slot_i");
    Stimulus stimulus;
    stimulus.settings = [n](Rng& rng, Word* in) {
        if (rng() % 8 == 0) in[n] = rng() % 4 == 0 ? rng() % 64 : 1 + rng() % 8;
    };
    stimulus.shape = [n, index, slot](Rng& rng, std::size_t channel, const Word*, Word* in) {
        if (in[n] == 0 || rng() % 16 == 0) return;
        if (channel == 0) in[index] %= std::min<Word>(in[n], GslPins::kVectors);
        if (channel == 1 && rng() % 4 != 0) in[slot] %= 2 * in[n];
        if (channel == 1) in[slot] &= 63U;
    };
    return stimulus;
}

Stimulus sign_bit_stimulus() {
    Stimulus stimulus;
    stimulus.shape = [](Rng& rng, std::size_t, const Word*, Word* words) {
        SignBitPins::In in;
        std::memcpy(&in, words, sizeof in);
        if (rng() % 16 == 0) in.source.fill(rng() % 2 == 0 ? 0 : ~Word{0});
        const Word ones = popcount(in.source.data(), in.source.size());
        const Word levels[] = {0, 1, ones - 1, ones, ones + 1, 254, 255};
        if (rng() % 2 == 0) in.level = std::min<Word>(levels[rng() % 7], 255);
        const Word starts[] = {0, 1, 254, 255};
        if (rng() % 8 == 0) in.start = starts[rng() % 4];
        std::memcpy(words, &in, sizeof in);
    };
    return stimulus;
}

Stimulus lfsr_stimulus() {
    Stimulus stimulus;
    stimulus.shape = [](Rng& rng, std::size_t, const Word*, Word* words) {
        LfsrPins::In in;
        std::memcpy(&in, words, sizeof in);
        const Word ends[] = {0, 1, 128, 254, 255};
        if (rng() % 4 == 0) in.level = ends[rng() % 5];
        if (rng() % 4 == 0) in.seed = ends[rng() % 5];
        std::memcpy(words, &in, sizeof in);
    };
    return stimulus;
}

Stimulus cls_adjust_stimulus() {
    Stimulus stimulus;
    stimulus.shape = [](Rng& rng, std::size_t channel, const Word*, Word* words) {
        ClsAdjustPins::In in;
        std::memcpy(&in, words, sizeof in);
        const auto end = [&rng](unsigned bits) {
            const std::int64_t most = (std::int64_t{1} << (bits - 1)) - 1, ends[] = {most, -most - 1, 0, 1, -1};
            return from_signed(ends[rng() % 5], bits);
        };
        if (channel == 0 && rng() % 8 == 0) in.value = end(ClsAdjustPins::kValueBits);
        if (channel == 1 && rng() % 8 == 0) in.rfv_sum = end(ClsAdjustPins::kSumBits);
        if (channel == 1 && rng() % 8 == 0) in.rest_sum = end(ClsAdjustPins::kSumBits);
        if (channel == 2 && rng() % 8 == 0) in.sum = end(ClsAdjustPins::kSumBits);
        std::memcpy(words, &in, sizeof in);
    };
    return stimulus;
}

} // namespace veilram
