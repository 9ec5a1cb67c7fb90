// The accelerator's address map, as the host sees it (docs/registers.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace veilram::reg {

// Registers: 32 bits each, word-aligned accesses only.
constexpr std::uint64_t kId = 0x00;         ///< RO: kIdValue
constexpr std::uint64_t kCtrl = 0x04;       ///< WO: one of the kCtrl... commands
constexpr std::uint64_t kStatus = 0x08;     ///< RO: see kStatus... bits
constexpr std::uint64_t kFault = 0x0c;      ///< RO: ResFault
constexpr std::uint64_t kIrqStatus = 0x10;  ///< RO, write 1 to clear: bit 0, an action is over
constexpr std::uint64_t kIrqEnable = 0x14;  ///< RW: bit 0
constexpr std::uint64_t kLayer = 0x18;      ///< RO: matrix layer in work, 0xffffffff when none
constexpr std::uint64_t kInputSize = 0x1c;  ///< RO: bytes of one image; 0 before boot
constexpr std::uint64_t kLogitCount = 0x20; ///< RO: logits of the last inference
constexpr std::uint64_t kCrossbars = 0x24;  ///< RO: compute crossbars of the chip
constexpr std::uint64_t kCellBytes = 0x28;  ///< RO: bytes of one crossbar's cells
constexpr std::uint64_t kSignBytes = 0x2c;  ///< RO: bytes of the sign crossbar's cells
constexpr std::uint64_t kBatch = 0x30;      ///< RW: images of the next inference; 1 after reset
constexpr std::uint64_t kEnd = 0x34;

constexpr std::uint32_t kIdValue = 0x56524d31; ///< "VRM1"

constexpr std::uint32_t kCtrlBoot = 1;
constexpr std::uint32_t kCtrlInfer = 2;
constexpr std::uint32_t kCtrlPowerOff = 3;

constexpr std::uint32_t kStatusStateMask = 0xf; ///< ResState
constexpr std::uint32_t kStatusBusy = 1U << 8;
constexpr std::uint32_t kStatusFailed = 1U << 9; ///< the last action was not completed
constexpr std::uint32_t kStatusRail = 1U << 10;

// Windows.
constexpr std::uint64_t kInput = 0x0100'0000; ///< WO: pixels of the next images, a byte per sample
constexpr std::uint64_t kInputBytes = 0x0100'0000;
constexpr std::uint64_t kLogits = 0x0200'0000;  ///< RO: IEEE single precision, little-endian, image by image
constexpr std::uint64_t kCells = 0x1'0000'0000; ///< debug transport only: cells of all crossbars, one after another
constexpr std::uint64_t kSigns = 0x2'0000'0000; ///< debug transport only: cells of the sign crossbar

enum class Access : std::uint8_t {
    read_only,
    write_only,
    read_write,
    read_write_1_to_clear,
    input_window,
    read_window,
    debug_window
};
std::string to_string(Access access);

struct Register {
    std::uint64_t address;
    const char* name;
    Access access;
    const char* meaning;
};
/// Every register and window, by address: what docs/registers.md shows and the tests hold the chip to.
const std::vector<Register>& registers();
/// The table of docs/registers.md, as `veilram --registers` prints it.
std::string register_table();

} // namespace veilram::reg
