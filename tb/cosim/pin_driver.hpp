// Drives the inputs of a block at random, as its protocol allows.
#pragma once

#include "hw/cycle/pins.hpp"
#include "models/base/random.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace veilram {

/// What a driver cannot know of a block.
struct Stimulus {
    /// Gives the payload of a request (`channel`, a number among the table's requests) interesting values; every bit is
    /// random before. `outputs` are the block's.
    std::function<void(Rng&, std::size_t channel, const Word* outputs, Word* inputs)> shape;
    /// Gives inputs that are not part of a channel new values, once in a while.
    std::function<void(Rng&, Word* inputs)> settings;
};

/// Requests stay as they are until they are taken, with random pauses before; answers are taken after random stalls.
/// How dense both are changes now and then, from everything at once to next to nothing. Controls are high now and then,
/// and there are resets in the middle of things.
class PinDriver {
public:
    PinDriver(const PinTable& table, Stimulus stimulus, std::uint64_t seed);

    /// Whether the block is to be reset before the next clock.
    bool wants_reset() const { return reset_; }
    /// The inputs of the next clock, after the block had these outputs.
    const Word* next(const Word* outputs);

private:
    bool chance(unsigned of_1024);
    void draw_settings();
    void request(std::size_t number, const Word* outputs);

    const PinTable& table_;
    const Stimulus stimulus_;
    Rng rng_;
    std::vector<Word> inputs_;
    std::vector<bool> offered_; ///< requests that were offered and not taken
    unsigned valid_density_ = 512, ready_density_ = 512;
    bool reset_ = false;
};

} // namespace veilram
