// VeilRam in somebody else's platform: an initiator, an address decoder and a memory that know the TLM-2.0 base
// protocol and nothing of this project. docs/integration.md walks through it.
//
//   veilram compile configs/default.yaml --out lenet5.h5
//   foreign_platform lenet5.h5
//
// Prints the logits of a black image, and the state of the chip in between.
#include "hw/top/registers.hpp"
#include "hw/top/veilram.hpp"
#include "models/image/image.hpp"
#include "models/image/keys.hpp"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <vector>

namespace {

using veilram::Bytes;
namespace reg = veilram::reg;

constexpr std::uint64_t kMemoryBase = 0x8'0000'0000; ///< in the processor's address space
constexpr std::uint64_t kChipBase = 0x10'0000'0000;

/// A memory as anybody has one.
struct Ram : sc_core::sc_module {
    tlm_utils::simple_target_socket<Ram> from_bus{"from_bus"};
    tlm_utils::simple_target_socket<Ram> from_chip{"from_chip"};
    Bytes bytes;

    explicit Ram(const sc_core::sc_module_name& name) : sc_module(name) {
        from_bus.register_b_transport(this, &Ram::b_transport);
        from_chip.register_b_transport(this, &Ram::b_transport);
    }
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
        const std::uint64_t first = trans.get_address();
        if (first > bytes.size() || trans.get_data_length() > bytes.size() - first)
            return trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        auto* here = bytes.data() + first;
        if (trans.is_read())
            std::memcpy(trans.get_data_ptr(), here, trans.get_data_length());
        else
            std::memcpy(here, trans.get_data_ptr(), trans.get_data_length());
        delay += sc_core::sc_time(50, sc_core::SC_NS);
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

/// Two targets in one address space.
struct Decoder : sc_core::sc_module {
    tlm_utils::simple_target_socket<Decoder> from_cpu{"from_cpu"};
    tlm_utils::simple_initiator_socket<Decoder> to_memory{"to_memory"};
    tlm_utils::simple_initiator_socket<Decoder> to_chip{"to_chip"};

    explicit Decoder(const sc_core::sc_module_name& name) : sc_module(name) {
        from_cpu.register_b_transport(this, &Decoder::b_transport);
        from_cpu.register_transport_dbg(this, &Decoder::transport_dbg);
    }
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
        const std::uint64_t address = trans.get_address();
        const bool is_chip = address >= kChipBase;
        trans.set_address(address - (is_chip ? kChipBase : kMemoryBase));
        if (is_chip)
            to_chip->b_transport(trans, delay);
        else
            to_memory->b_transport(trans, delay);
        trans.set_address(address);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload& trans) {
        const std::uint64_t address = trans.get_address();
        trans.set_address(address - kChipBase);
        const unsigned moved = to_chip->transport_dbg(trans);
        trans.set_address(address);
        return moved;
    }
};

/// The firmware, as a thread.
struct Cpu : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Cpu> bus{"bus"};
    sc_core::sc_in<bool> irq{"irq"};
    sc_core::sc_out<bool> power_good{"power_good"};
    const veilram::Image& image;
    int exit_code = 1;

    SC_HAS_PROCESS(Cpu);
    Cpu(const sc_core::sc_module_name& name, const veilram::Image& image_) : sc_module(name), image(image_) {
        SC_THREAD(firmware);
        set_stack_size(1024 * 1024);
    }

    tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t size) {
        tlm::tlm_generic_payload trans;
        trans.set_command(command);
        trans.set_address(address);
        trans.set_data_ptr(static_cast<unsigned char*>(data));
        trans.set_data_length(static_cast<unsigned>(size));
        trans.set_streaming_width(static_cast<unsigned>(size));
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        bus->b_transport(trans, delay);
        wait(delay);
        return trans.get_response_status();
    }
    std::uint32_t read(std::uint64_t address) {
        std::uint32_t value = 0;
        access(tlm::TLM_READ_COMMAND, kChipBase + address, &value, 4);
        return value;
    }
    bool write(std::uint64_t address, std::uint32_t value) {
        return access(tlm::TLM_WRITE_COMMAND, kChipBase + address, &value, 4) == tlm::TLM_OK_RESPONSE;
    }
    bool command(std::uint32_t value) {
        if (!write(reg::kCtrl, value)) return false;
        while ((read(reg::kIrqStatus) & 1U) == 0)
            if (!irq.read()) wait(irq.posedge_event()); // it may have risen during the read
        return write(reg::kIrqStatus, 1);
    }
    /// What the factory did: cells through debug transport.
    void program_cells() {
        std::uint64_t cells = kChipBase + reg::kCells, signs = kChipBase + reg::kSigns;
        const auto put = [&](std::uint64_t& address, Bytes bytes) {
            tlm::tlm_generic_payload trans;
            trans.set_command(tlm::TLM_WRITE_COMMAND);
            trans.set_address(address);
            trans.set_data_ptr(bytes.data());
            trans.set_data_length(static_cast<unsigned>(bytes.size()));
            address += bus->transport_dbg(trans);
        };
        for (std::size_t c = 0; c < image.nvm.cells.size(); ++c) {
            put(cells, veilram::to_bytes(image.nvm.cells[c]));
            put(signs, veilram::to_bytes(image.nvm.signs[c]));
        }
    }
    void firmware() {
        program_cells();
        power_good.write(true);
        write(reg::kIrqEnable, 1);
        while ((read(reg::kStatus) & reg::kStatusRail) == 0) wait(sc_core::sc_time(1, sc_core::SC_US));
        command(reg::kCtrlBoot);
        std::cout << "after boot: state " << (read(reg::kStatus) & reg::kStatusStateMask) << " (2 is LOCKED)\n";
        std::vector<std::uint8_t> pixels(read(reg::kInputSize)); // black
        access(tlm::TLM_WRITE_COMMAND, kChipBase + reg::kInput, pixels.data(), pixels.size());
        command(reg::kCtrlInfer);
        std::vector<float> logits(read(reg::kLogitCount));
        access(tlm::TLM_READ_COMMAND, kChipBase + reg::kLogits, logits.data(), logits.size() * sizeof(float));
        std::cout << "logits:";
        for (const float logit : logits) std::cout << " " << logit;
        std::uint32_t half = 0;
        const auto misuse = access(tlm::TLM_READ_COMMAND, kChipBase + reg::kStatus, &half, 2);
        std::cout << "\nhalf a register: " << (misuse == tlm::TLM_OK_RESPONSE ? "answered" : "refused") << "\n";
        command(reg::kCtrlPowerOff);
        power_good.write(false);
        wait(sc_core::sc_time(1, sc_core::SC_US));
        std::cout << "after power-off: state " << (read(reg::kStatus) & reg::kStatusStateMask) << "\n";
        exit_code = logits.empty() || misuse == tlm::TLM_OK_RESPONSE ? 1 : 0;
        sc_core::sc_stop();
    }
};

/// A chip of the image's size. Costs are left at nothing: this platform has no use for its time.
veilram::ChipConfig chip_for(const veilram::Image& image) {
    const veilram::Program program = veilram::decode_program(image.memory.program);
    veilram::ChipConfig chip;
    chip.array = program.array;
    chip.adc = program.adc;
    chip.crossbars = program.crossbar_count();
    chip.n = program.n;
    chip.layers = static_cast<std::uint32_t>(program.layers.size());
    chip.key_slot_bytes = 1U << 20U;
    chip.root_key = veilram::load_root_key({}); // of images that were compiled without a key file
    return chip;
}

} // namespace

int sc_main(int argc, char* argv[]) {
    if (argc != 2) {
        std::cerr << "usage: foreign_platform IMAGE.h5\n";
        return 2;
    }
    try {
        const veilram::Image image = veilram::read_image(argv[1]);
        sc_core::sc_signal<bool> clk{"clk"}, rst_n{"rst_n", true}, power_good{"power_good"}, irq{"irq"};
        veilram::VeilRam chip("chip", chip_for(image));
        Ram ram("ram");
        Decoder decoder("decoder");
        Cpu cpu("cpu", image);
        ram.bytes = veilram::flatten(image.memory);
        cpu.bus.bind(decoder.from_cpu);
        decoder.to_memory.bind(ram.from_bus);
        decoder.to_chip.bind(chip.host_tsock);
        chip.memory_isock.bind(ram.from_chip);
        chip.clk_i.bind(clk);
        chip.rst_ni.bind(rst_n);
        chip.power_good_i.bind(power_good);
        chip.irq_o.bind(irq);
        cpu.irq.bind(irq);
        cpu.power_good.bind(power_good);
        sc_core::sc_start();
        return cpu.exit_code;
    } catch (const std::exception& error) {
        std::cerr << "foreign_platform: " << error.what() << "\n";
        return 2;
    }
}
