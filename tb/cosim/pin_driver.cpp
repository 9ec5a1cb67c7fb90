#include "tb/cosim/pin_driver.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <utility>

namespace veilram {
namespace {

constexpr unsigned kDensities[] = {32, 512, 1024}; ///< of 1,024 clocks

Word low_bits(unsigned bits) { return bits >= kWordBits ? ~Word{0} : (Word{1} << bits) - 1; }

void randomise(Rng& rng, const Pin& pin, Word* inputs) {
    for (unsigned done = 0; done < pin.bits; done += kWordBits)
        inputs[pin.word + done / kWordBits] = rng() & low_bits(pin.bits - done);
}

} // namespace

PinDriver::PinDriver(const PinTable& table, Stimulus stimulus, std::uint64_t seed)
    : table_(table), stimulus_(std::move(stimulus)), rng_(make_rng(seed, std::string("pins of ") + table.block)),
      inputs_(table.input_words()), offered_(table.requests.size()) {
    draw_settings();
}

bool PinDriver::chance(unsigned of_1024) { return (rng_() & 1023U) < of_1024; }

void PinDriver::draw_settings() {
    valid_density_ = kDensities[rng_() % 3];
    ready_density_ = kDensities[rng_() % 3];
    if (stimulus_.settings) stimulus_.settings(rng_, inputs_.data());
}

const Word* PinDriver::next(const Word* outputs) {
    if (chance(8)) draw_settings();
    for (std::size_t r = 0; r < table_.requests.size(); ++r) request(r, outputs);
    for (const Channel& answer : table_.answers)
        inputs_[table_.inputs[answer.ready].word] = chance(ready_density_) ? 1 : 0;
    for (const std::size_t control : table_.controls) inputs_[table_.inputs[control].word] = chance(4) ? 1 : 0;
    reset_ = chance(1) && chance(128);
    return inputs_.data();
}

/// `outputs` still show whether the block was ready at the edge before: they were sampled before it.
void PinDriver::request(std::size_t number, const Word* outputs) {
    const Channel& channel = table_.requests[number];
    Word& valid = inputs_[table_.inputs[channel.valid].word];
    if (!offered_[number]) {
        valid = chance(valid_density_) ? 1 : 0;
        for (const std::size_t p : channel.payload) randomise(rng_, table_.inputs[p], inputs_.data());
        if (stimulus_.shape) stimulus_.shape(rng_, number, outputs, inputs_.data());
    }
    offered_[number] = valid != 0 && outputs[table_.outputs[channel.ready].word] == 0;
}

} // namespace veilram
