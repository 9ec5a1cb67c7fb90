// Blocks pin by pin and clock by clock: what a block's model in C++, its twin in SystemVerilog and anybody's own RTL
// have in common (docs/cosim.md).
#pragma once

#include "models/base/bits.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace veilram {

/// 256 bits, bit 0 first.
using WideWord = std::array<Word, 4>;

/// The two's complement value of the lowest `bits` of a word, and a value as such bits.
constexpr std::int64_t to_signed(Word word, unsigned bits) {
    const unsigned rest = static_cast<unsigned>(kWordBits) - bits;
    return static_cast<std::int64_t>(word << rest) >> rest;
}
constexpr Word from_signed(std::int64_t value, unsigned bits) {
    return static_cast<Word>(value) & (~Word{0} >> (kWordBits - bits));
}

/// One pin, or bus, of a block. Values lie in words: `word` is the place of the first one among the block's inputs or
/// outputs.
struct Pin {
    const char* name; ///< as in Verilog
    unsigned bits;
    std::size_t word;
    bool secret = false; ///< its value is not for logs and waveforms
};

/// Pins that move one item when valid and ready are high at the same rising edge.
struct Channel {
    std::size_t valid, ready;         ///< places among the inputs and outputs, whichever side drives them
    std::vector<std::size_t> payload; ///< beside valid
};

/// The pins of a block but for clk_i and rst_ni (active low, asynchronous), in the order of its Verilog module.
struct PinTable {
    const char* block; ///< the name of its Verilog module
    std::vector<Pin> inputs, outputs;
    std::vector<Channel> requests; ///< valid comes in, ready goes out
    std::vector<Channel> answers;  ///< valid goes out, ready comes in
    std::vector<std::size_t>
        controls; ///< inputs that are neither valid, ready nor payload and are low for most of the time

    /// Over some of its pins.
    static std::size_t bits(const std::vector<Pin>& pins) {
        std::size_t sum = 0;
        for (const Pin& pin : pins) sum += pin.bits;
        return sum;
    }
    /// Calls `moved(channel, pins, values)` for every channel that moves an item at an edge with these inputs, when the
    /// outputs before it are these; `pins` and `values` are of the side that offers the item.
    template <class Moved> void for_each_transfer(const Word* in, const Word* out, Moved moved) const {
        for (const Channel& channel : requests)
            if (in[inputs[channel.valid].word] != 0 && out[outputs[channel.ready].word] != 0)
                moved(channel, inputs, in);
        for (const Channel& channel : answers)
            if (out[outputs[channel.valid].word] != 0 && in[inputs[channel.ready].word] != 0)
                moved(channel, outputs, out);
    }

    std::size_t input_words() const { return words(inputs); }
    std::size_t output_words() const { return words(outputs); }

private:
    static std::size_t words(const std::vector<Pin>& pins) {
        return pins.empty() ? 0 : pins.back().word + words_for(pins.back().bits);
    }
};

/// A block behind its pins. Outputs are registers or functions of registers alone: they change with the edge, or with
/// reset, and with nothing else.
class PinModel {
public:
    virtual ~PinModel() = default;

    /// rst_ni goes low, and high again.
    virtual void reset() = 0;
    /// One rising edge with these inputs.
    virtual void clock(const Word* inputs) = 0;
    virtual const Word* outputs() const = 0;
};

/// The same with names: `Pins::In` and `Pins::Out` are structures of words in the order of the table.
template <class Pins> class BlockModel : public PinModel {
public:
    using In = typename Pins::In;
    using Out = typename Pins::Out;

    virtual void clock(const In& in) = 0;
    const Out& out() const { return out_; }

    void clock(const Word* inputs) final {
        In in;
        std::memcpy(&in, inputs, sizeof in);
        clock(in);
    }
    const Word* outputs() const final { return reinterpret_cast<const Word*>(&out_); }

protected:
    Out out_{};
};

} // namespace veilram
