#include "hw/cycle/lockstep.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace veilram {

std::string to_string(const Mismatch& mismatch) {
    std::ostringstream text;
    text << "clock " << mismatch.clock << ": " << mismatch.signal << " differs from bit " << mismatch.bit
         << " on: expected " << mismatch.expected << ", got " << mismatch.got << "\n";
    text << "the last " << mismatch.transactions.size() << " transactions, the latest last:\n";
    for (const std::string& line : mismatch.transactions) text << "  " << line << "\n";
    return text.str();
}

Lockstep::Lockstep(const PinTable& table, PinModel& reference, PinModel& dut, bool show_secrets)
    : table_(table), reference_(reference), dut_(dut), show_secrets_(show_secrets) {}

void Lockstep::reset() {
    reference_.reset();
    dut_.reset();
    compare();
}

void Lockstep::clock(const Word* inputs) {
    ++clocks_;
    note_transfers(inputs);
    reference_.clock(inputs);
    dut_.clock(inputs);
    compare();
}

/// Valid and ready before the edge tell.
void Lockstep::note_transfers(const Word* inputs) {
    table_.for_each_transfer(inputs, reference_.outputs(),
                             [this](const Channel& channel, const std::vector<Pin>& pins, const Word* values) {
                                 note(pins, channel, values);
                             });
}

void Lockstep::note(const std::vector<Pin>& pins, const Channel& channel, const Word* values) {
    ++transactions_;
    if (mismatch_) return;
    if (history_.size() == kHistory) history_.pop_front();
    Transfer transfer{clocks_, &pins, &channel, {}};
    for (const std::size_t p : channel.payload)
        transfer.payload.insert(transfer.payload.end(), values + pins[p].word,
                                values + pins[p].word + words_for(pins[p].bits));
    history_.push_back(std::move(transfer));
}

std::string Lockstep::text(const Transfer& transfer) const {
    std::ostringstream line;
    line << "clock " << transfer.clock << " " << (*transfer.pins)[transfer.channel->valid].name;
    const Word* value = transfer.payload.data();
    for (const std::size_t p : transfer.channel->payload) {
        const Pin& pin = (*transfer.pins)[p];
        line << " " << pin.name << "=" << text(pin, value);
        value += words_for(pin.bits);
    }
    return line.str();
}

std::string Lockstep::text(const Pin& pin, const Word* value) const {
    if (pin.secret && !show_secrets_) return "hidden";
    std::ostringstream hex;
    hex << "0x" << std::hex << std::setfill('0');
    for (std::size_t w = words_for(pin.bits); w-- > 0;) {
        const unsigned bits = std::min<unsigned>(pin.bits - static_cast<unsigned>(w * kWordBits), kWordBits);
        hex << std::setw(static_cast<int>((bits + 3) / 4)) << value[w];
    }
    return hex.str();
}

void Lockstep::compare() {
    if (mismatch_) return;
    const Word *expected = reference_.outputs(), *got = dut_.outputs();
    for (const Pin& pin : table_.outputs)
        for (std::size_t w = pin.word; w < pin.word + words_for(pin.bits); ++w) {
            if (expected[w] == got[w]) continue;
            const auto bit =
                (w - pin.word) * kWordBits + static_cast<std::size_t>(__builtin_ctzll(expected[w] ^ got[w]));
            mismatch_ = Mismatch{clocks_,
                                 pin.name,
                                 static_cast<unsigned>(bit),
                                 text(pin, expected + pin.word),
                                 text(pin, got + pin.word),
                                 {}};
            for (const Transfer& transfer : history_) mismatch_->transactions.push_back(text(transfer));
            return;
        }
}

} // namespace veilram
