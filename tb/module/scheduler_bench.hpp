// The scheduler among the blocks that hold secrets, as on the chip. The bench plays tile controller, owner and, in the
// digital unit's place, a block that shows what mask it was given.
#pragma once

#include "hw/crossbar/crossbar.hpp"
#include "hw/crossbar/sign_crossbar.hpp"
#include "hw/dram/dram_interface.hpp"
#include "hw/dram/memory.hpp"
#include "hw/res/gsl_scheduler.hpp"
#include "tb/support/implementations.hpp"
#include "tb/support/powered_bench.hpp"

#include <set>
#include <vector>

namespace veilram::test {

constexpr std::uint32_t kLayers = 2;
constexpr std::uint32_t kFirstCrossbar[] = {0, 1}; ///< layer 1 has two
constexpr std::uint32_t kCrossbars = 3;
constexpr int kN = 2;
constexpr std::uint32_t kVersion = 4;
constexpr std::uint64_t kMemoryBytes = 16384;

constexpr std::int64_t kSramWord = 700;
constexpr std::int64_t kVectorLoad = 300;
constexpr std::int64_t kZeroise = 500;
constexpr std::int64_t kTableLoad = 20'000;
constexpr std::int64_t kMaskLoad = 4'000;
constexpr std::int64_t kSignRead = 900;
constexpr std::int64_t kPulse = 50'000;

/// Takes the place of the digital unit's mask registers.
class MaskRecorder final : public sc_core::sc_module {
public:
    RequestTarget<MaskRecorder, MaskLoad> tsock{"tsock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    std::set<std::uint32_t> layers; ///< that are loaded
    Key128 key{};                   ///< loaded last
    std::vector<std::int32_t> weight_sums;

    SC_HAS_PROCESS(MaskRecorder);
    explicit MaskRecorder(const sc_core::sc_module_name& name);

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void rail_method() { layers.clear(); }
};

struct SchedulerBench : PoweredBench {
    using Action = SchedulerRequest::Action;

    RequestInitiator<SchedulerBench, SchedulerRequest> isock{"isock"};
    RequestInitiator<SchedulerBench, EmergencyRequest> emergency_isock{"emergency_isock"};
    RequestInitiator<SchedulerBench, HashRequest> hash_isock{"hash_isock"};
    RequestInitiator<SchedulerBench, ReadRequest> read_isock{"read_isock"};
    RequestInitiator<SchedulerBench, ConversionRequest> conversion_isock{"conversion_isock"};
    RequestInitiator<SchedulerBench, RowReadRequest> digital_isock{"digital_isock"};
    tlm_utils::simple_initiator_socket<SchedulerBench> tile_isock{"tile_isock"};
    tlm_utils::simple_initiator_socket<SchedulerBench> memory_isock{"memory_isock"};
    tlm_utils::simple_initiator_socket<SchedulerBench> sign_cell_isock{"sign_cell_isock"};
    sc_core::sc_vector<tlm_utils::simple_initiator_socket<SchedulerBench>> cell_isock{"cell_isock", kCrossbars};

    PinClock pins{Ps{833}};
    GslScheduler dut;
    CryptoEngine crypto;
    KeyStore keys;
    DramInterface dram;
    Memory memory;
    GslSelector gsl;
    SignBitConverter converter;
    MaskRecorder mask;
    SignCrossbar signs;
    sc_core::sc_vector<Crossbar> crossbars{"crossbar"};

    std::vector<LayerSecrets> secrets;

    explicit SchedulerBench(const sc_core::sc_module_name& name, ResPolicy policy = ResPolicy::per_layer);

    /// Seals `secrets` into the memory. The constructor's image may be sealed anew, from the body.
    void seal_image();
    /// Flips one bit of a blob in the memory.
    void change_blob(std::uint32_t layer);

    Answer act(Action action, int layer = 0);
    Answer begin_boot();
    SchedulerRequest unseal_request(std::uint32_t layer) const;
    void unseal(std::uint32_t layer);
    /// Seals the image, hashes the program, opens every blob. `model` takes the same steps.
    void boot(ResCore* model = nullptr);
    Answer unlock(int layer) { return act(Action::unlock, layer); }
    Answer lock(int layer) { return act(Action::lock, layer); }
    /// Unlocks, or locks what is open, here and in the model.
    void toggle(int layer, ResCore& model);
    /// Waits until the step that gave this answer is over.
    void settle(const Answer& answer) { wait(answer.time + ps(7)); }
    SchedulerRequest query();

    /// Sign cells and journal, as a thief sees them.
    BitMatrix dump_signs();
    /// Whether the key SRAM has secrets of this layer. False without power.
    bool slot_filled(std::uint32_t layer);
    tlm::tlm_response_status read_status(std::uint32_t crossbar);
    /// Reads and converts with what is in the registers and compares with these secrets.
    void check_registers(const LayerSecrets& expected, std::uint32_t first_crossbar);

    sc_core::sc_time unlock_time(std::size_t layer) const;
    sc_core::sc_time lock_time() const { return ps(kZeroise + kTableLoad + kMaskLoad); }

private:
    void bind();
    ReadRequest read_request(std::uint32_t crossbar) const;

    bool image_ready_ = false;
    StreamSet streams_; ///< of level 128
    BitMatrix cells_;
    BitMatrix sign_cells_;
    std::vector<std::uint32_t> blob_size_;
};

} // namespace veilram::test
