#include "hw/top/registers.hpp"

#include <array>
#include <cstdio>

namespace veilram::reg {

const std::vector<Register>& registers() {
    static const std::vector<Register> all{
        {kId, "ID", Access::read_only, "0x56524d31, \"VRM1\""},
        {kCtrl, "CTRL", Access::write_only,
         "1 boot, 2 infer, 3 power off. Refused (command error) while an action runs or the rail is down"},
        {kStatus, "STATUS", Access::read_only,
         "bits 3..0 scheduler state (below), bit 8 busy, bit 9 the last action was not completed, bit 10 rail is up"},
        {kFault, "FAULT", Access::read_only, "why the scheduler is in FAULT (below)"},
        {kIrqStatus, "IRQ_STATUS", Access::read_write_1_to_clear, "bit 0: an action is over"},
        {kIrqEnable, "IRQ_ENABLE", Access::read_write, "bit 0"},
        {kLayer, "LAYER", Access::read_only, "matrix layer in work; 0xffffffff when none"},
        {kInputSize, "INPUT_SIZE", Access::read_only, "bytes of one image; 0 before boot"},
        {kLogitCount, "LOGIT_COUNT", Access::read_only, "logits of the last inference, all images"},
        {kCrossbars, "CROSSBARS", Access::read_only, "compute crossbars of the chip"},
        {kCellBytes, "CELL_BYTES", Access::read_only, "bytes of one crossbar's cells"},
        {kSignBytes, "SIGN_BYTES", Access::read_only, "bytes of the sign crossbar's cells"},
        {kBatch, "BATCH", Access::read_write,
         "images of the next inference, 1 at first; they go through each layer together, between one unlock and one "
         "lock"},
        {kInput, "INPUT", Access::input_window,
         "pixels of the next images, one byte a sample, [image][C][H][W]; refused while busy or without the rail; zero "
         "after power-off and reset"},
        {kLogits, "LOGITS", Access::read_window,
         "IEEE single precision, little-endian, LOGIT_COUNT of them, image by image"},
        {kCells, "CELLS", Access::debug_window,
         "cells of all crossbars, one after another (docs/image_format.md gives the bit order)"},
        {kSigns, "SIGNS", Access::debug_window, "cells of the sign crossbar, after them the journal (a bit a layer)"},
    };
    return all;
}

std::string to_string(Access access) {
    switch (access) {
    case Access::read_only:
    case Access::read_window:
        return "RO";
    case Access::write_only:
        return "WO";
    case Access::read_write:
        return "RW";
    case Access::read_write_1_to_clear:
        return "RO, write 1 to clear";
    case Access::input_window:
        return "WO, 16 MiB";
    case Access::debug_window:
        return "debug transport";
    }
    return "RO";
}

std::string register_table() {
    std::string table = "| address | name | access | meaning |\n|---|---|---|---|\n";
    for (const Register& one : registers()) {
        std::array<char, 32> address{};
        const auto high = static_cast<unsigned>(one.address >> 32U),
                   middle = static_cast<unsigned>(one.address >> 16U) & 0xffffU,
                   low = static_cast<unsigned>(one.address) & 0xffffU;
        if (high != 0)
            std::snprintf(address.data(), address.size(), "0x%x_%04x_%04x", high, middle, low);
        else if (middle != 0)
            std::snprintf(address.data(), address.size(), "0x%04x_%04x", middle, low);
        else
            std::snprintf(address.data(), address.size(), "0x%02x", low);
        table += std::string("| ") + address.data() + " | " + one.name + " | " + to_string(one.access) + " | " +
                 one.meaning + " |\n";
    }
    return table;
}

} // namespace veilram::reg
