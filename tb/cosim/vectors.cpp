#include "tb/cosim/vectors.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "tb/cosim/vector_testbench.hpp"

#include <fstream>

namespace veilram {
namespace {

/// Values of pins side by side, the first one lowest, and room for a flag above.
class Line {
public:
    explicit Line(const std::vector<Pin>& pins, std::size_t flags)
        : pins_(pins), bits_(PinTable::bits(pins) + flags), words_(words_for(bits_)) {}

    void set(const Word* values) {
        std::size_t place = 0;
        for (const Pin& pin : pins_)
            for (std::size_t b = 0; b < pin.bits; ++b) set_bit(words_.data(), place++, get_bit(values + pin.word, b));
    }
    void set_flag(bool value) { set_bit(words_.data(), bits_ - 1, value); }
    std::string hex() const {
        std::string text;
        for (std::size_t digit = (bits_ + 3) / 4; digit-- > 0;)
            text += "0123456789abcdef"[(words_[digit / 16] >> (digit % 16 * 4)) & 15U];
        return text;
    }

private:
    const std::vector<Pin>& pins_;
    const std::size_t bits_;
    std::vector<Word> words_;
};

/// How many items move at an edge with these inputs, when the outputs before it are these.
std::int64_t transfers(const PinTable& table, const Word* inputs, const Word* outputs) {
    std::int64_t count = 0;
    table.for_each_transfer(inputs, outputs, [&](const Channel&, const std::vector<Pin>&, const Word*) { ++count; });
    return count;
}

/// Lines of both files until enough has moved; the number of clocks.
std::int64_t write_lines(const CosimBlock& block, std::int64_t transactions, std::uint64_t seed, std::ostream& inputs,
                         std::ostream& outputs) {
    const PinTable& table = *block.table;
    const auto model = block.model();
    PinDriver driver(table, block.stimulus, seed);
    Line in(table.inputs, 1), out(table.outputs, 0);
    std::int64_t clocks = 0;
    for (std::int64_t moved = 0; moved < transactions; ++clocks) {
        const Word* values = driver.next(model->outputs());
        const bool reset = clocks == 0 || driver.wants_reset();
        if (reset) model->reset();
        moved += transfers(table, values, model->outputs());
        model->clock(values);
        in.set(values);
        in.set_flag(reset);
        out.set(model->outputs());
        inputs << in.hex() << '\n';
        outputs << out.hex() << '\n';
    }
    return clocks;
}

std::string reset_outputs(const CosimBlock& block) {
    const auto model = block.model();
    model->reset();
    Line line(block.table->outputs, 0);
    line.set(model->outputs());
    return line.hex();
}

void write_stream(const std::string& path, const std::function<void(std::ostream&)>& write) {
    write_atomically(path, [&](const std::string& temporary) {
        std::ofstream out(temporary, std::ios::binary);
        if (!out) throw UserError(path + ": cannot write here");
        write(out);
        out.close();
        if (!out) throw UserError(path + ": cannot write everything: is the disk full?");
    });
}

} // namespace

VectorFiles export_vectors(const CosimBlock& block, std::int64_t transactions, std::uint64_t seed,
                           const std::string& folder) {
    const std::string name = block.table->block;
    VectorFiles files{name + "_inputs.mem", name + "_outputs.mem", name + "_tb.sv", 0};
    write_stream(folder + "/" + files.inputs, [&](std::ostream& inputs) {
        write_stream(folder + "/" + files.outputs, [&](std::ostream& outputs) {
            files.clocks = write_lines(block, transactions, seed, inputs, outputs);
        });
    });
    write_file(folder + "/" + files.testbench,
               vector_testbench(*block.table, {files.inputs, files.outputs, files.clocks, reset_outputs(block)}));
    return files;
}

} // namespace veilram
