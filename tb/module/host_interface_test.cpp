#include "hw/crossbar/sign_crossbar.hpp"
#include "hw/top/host_interface.hpp"
#include "models/base/file.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

using Action = TileRequest::Action;

constexpr std::uint32_t kCrossbars = 2;
constexpr std::uint64_t kCellBytes = 8 * 32;
constexpr std::uint64_t kSignBytes = 4 * 32;
constexpr std::int64_t kAccess = 12'500;

/// Answers as the test tells it to: what the host sees of a busy, failed or finished chip.
class ScriptedTile final : public sc_core::sc_module {
public:
    RequestTarget<ScriptedTile, TileRequest> tsock{"tsock"};
    TileRequest state;                ///< given as the answer
    std::vector<Action> actions;      ///< asked for
    std::vector<std::uint8_t> pixels; ///< first ones of the last action
    std::size_t images = 0;           ///< of the last action
    tlm::tlm_response_status answer = tlm::TLM_OK_RESPONSE;

    explicit ScriptedTile(const sc_core::sc_module_name& name) : sc_module(name) {
        tsock.register_b_transport(this, &ScriptedTile::b_transport);
    }

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
        auto* request = request_of<TileRequest>(trans);
        trans.set_response_status(answer);
        if (request->action != Action::query) {
            actions.push_back(request->action);
            pixels.assign(request->pixels->begin(), request->pixels->begin() + 4);
            images = request->images;
            return;
        }
        *request = state;
    }
};

CrossbarConfig crossbar_config() {
    CrossbarConfig cfg;
    cfg.array.rows = 8;
    return cfg;
}

struct HostBench : PoweredBench {
    tlm_utils::simple_initiator_socket<HostBench> isock{"isock"};
    RequestInitiator<HostBench, RowReadRequest> converter_isock{"converter_isock"};
    RequestInitiator<HostBench, RowReadRequest> digital_isock{"digital_isock"};
    sc_core::sc_vector<RequestInitiator<HostBench, ReadRequest>> read_isock{"read_isock", kCrossbars};
    sc_core::sc_signal<unsigned> done{"done"};
    sc_core::sc_signal<bool> irq{"irq"};
    sc_core::sc_signal<bool> rst_n{"rst_n", true};
    HostInterface dut{"dut", {kCrossbars, kCellBytes, kSignBytes, Ps{kAccess}}};
    ScriptedTile tile{"tile"};
    RequestInitiator<HostBench, RowReadRequest> idle_row_isock{"idle_row_isock"}; ///< the scheduler's
    RequestInitiator<HostBench, CellWriteRequest> idle_write_isock{"idle_write_isock"};
    SignCrossbar signs{"signs", {4, 256, {}, {}}};
    sc_core::sc_vector<Crossbar> crossbars{"crossbar"};

    explicit HostBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        crossbars.init(kCrossbars,
                       [](const char* instance, std::size_t) { return new Crossbar(instance, crossbar_config()); });
        isock.bind(dut.tsock);
        dut.tile_isock.bind(tile.tsock);
        dut.sign_isock.bind(signs.cell_tsock);
        dut.done_i.bind(done);
        dut.irq_o.bind(irq);
        dut.rail_i.bind(rail);
        dut.rst_ni.bind(rst_n);
        signs.rail_i.bind(rail);
        converter_isock.bind(signs.row_tsock[0]);
        digital_isock.bind(signs.row_tsock[1]);
        idle_row_isock.bind(signs.row_tsock[2]);
        idle_write_isock.bind(signs.write_tsock);
        for (std::size_t c = 0; c < kCrossbars; ++c) {
            dut.cell_isock[c].bind(crossbars[c].cell_tsock);
            read_isock[c].bind(crossbars[c].read_tsock);
            crossbars[c].rail_i.bind(rail);
        }
    }
    Answer write(std::uint64_t address, std::uint32_t value) {
        return transfer(isock, tlm::TLM_WRITE_COMMAND, address, &value, sizeof value);
    }
    tlm::tlm_response_status read_status(std::uint64_t address) {
        std::uint32_t value = 0;
        return transfer(isock, tlm::TLM_READ_COMMAND, address, &value, sizeof value).status;
    }
    std::uint32_t read(std::uint64_t address) {
        std::uint32_t value = 0;
        const Answer answer = transfer(isock, tlm::TLM_READ_COMMAND, address, &value, sizeof value);
        EXPECT_EQ(answer.status, tlm::TLM_OK_RESPONSE) << "register " << address;
        return value;
    }
    void finish_action() {
        done.write(done.read() + 1);
        wait(ps(1));
    }
    unsigned debug(tlm::tlm_command command, std::uint64_t address, Bytes& bytes) {
        return debug_access(isock, command, address, bytes.data(), bytes.size());
    }
};

class HostInterfaceTest : public BenchTest<HostBench> {};

TEST_F(HostInterfaceTest, RegistersShowTheChipAndTheTile) {
    simulate([&] {
        bench.tile.state.state = ResState::compute;
        bench.tile.state.fault = ResFault::memory;
        bench.tile.state.layer = 3;
        bench.tile.state.input_bytes = 784;
        bench.tile.state.logits = {1.0F, 2.0F};
        EXPECT_EQ(bench.read(reg::kId), reg::kIdValue);
        EXPECT_EQ(bench.read(reg::kStatus), static_cast<std::uint32_t>(ResState::compute) | reg::kStatusRail);
        EXPECT_EQ(bench.read(reg::kFault), static_cast<std::uint32_t>(ResFault::memory));
        EXPECT_EQ(bench.read(reg::kLayer), 3U);
        EXPECT_EQ(bench.read(reg::kInputSize), 784U);
        EXPECT_EQ(bench.read(reg::kLogitCount), 2U);
        EXPECT_EQ(bench.read(reg::kCrossbars), kCrossbars);
        EXPECT_EQ(bench.read(reg::kCellBytes), kCellBytes);
        EXPECT_EQ(bench.read(reg::kSignBytes), kSignBytes);
        bench.tile.state.layer = -1;
        EXPECT_EQ(bench.read(reg::kLayer), 0xffff'ffffU);
        bench.tile.state.busy = bench.tile.state.failed = true;
        EXPECT_EQ(bench.read(reg::kStatus) & ~reg::kStatusStateMask,
                  reg::kStatusRail | reg::kStatusBusy | reg::kStatusFailed);
    });
}

TEST_F(HostInterfaceTest, EveryRegisterHasItsDirection) {
    simulate([&] {
        for (std::uint64_t address = 0; address < reg::kEnd; address += 4) {
            const bool writable = address == reg::kIrqStatus || address == reg::kIrqEnable || address == reg::kCtrl ||
                                  address == reg::kBatch;
            EXPECT_EQ(bench.write(address, 1).status, writable ? tlm::TLM_OK_RESPONSE : tlm::TLM_COMMAND_ERROR_RESPONSE)
                << address;
            EXPECT_EQ(bench.read_status(address),
                      address == reg::kCtrl ? tlm::TLM_COMMAND_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE)
                << address;
        }
    });
}

TEST_F(HostInterfaceTest, EveryAccessTakesItsTimeRefusedOrNot) {
    simulate([&] {
        EXPECT_EQ(bench.write(reg::kIrqEnable, 1).time, ps(kAccess));
        EXPECT_EQ(bench.write(reg::kId, 1).time, ps(kAccess));
        EXPECT_EQ(stat(bench.dut, "accesses"), 2);
        EXPECT_EQ(stat(bench.dut, "refusals"), 1);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_F(HostInterfaceTest, OnlyAlignedWordsReachTheRegisters) {
    simulate([&] {
        std::array<std::uint8_t, 8> bytes{};
        const auto status = [&](std::uint64_t address, std::size_t size) {
            return transfer(bench.isock, tlm::TLM_READ_COMMAND, address, bytes.data(), size).status;
        };
        EXPECT_EQ(status(reg::kId, 1), tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT_EQ(status(reg::kId, 8), tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT_EQ(status(reg::kId, 0), tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT_EQ(status(reg::kId + 2, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(reg::kEnd, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(reg::kInput - 4, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(reg::kCells, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE); // cells: debug transport only
        EXPECT_EQ(status(reg::kSigns, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(~std::uint64_t{0}, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(transfer(bench.isock, tlm::TLM_IGNORE_COMMAND, reg::kId, bytes.data(), 4).status,
                  tlm::TLM_COMMAND_ERROR_RESPONSE);
    });
}

TEST_F(HostInterfaceTest, CommandsReachTheTileAndItsRefusalComesBack) {
    simulate([&] {
        for (const auto command : {reg::kCtrlBoot, reg::kCtrlInfer, reg::kCtrlPowerOff})
            EXPECT_EQ(bench.write(reg::kCtrl, command).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.tile.actions, (std::vector{Action::boot, Action::infer, Action::power_off}));
        for (const std::uint32_t unknown : {0U, 4U, 0xffff'ffffU})
            EXPECT_EQ(bench.write(reg::kCtrl, unknown).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(bench.tile.actions.size(), 3U);
        bench.tile.answer = tlm::TLM_COMMAND_ERROR_RESPONSE; // busy
        EXPECT_EQ(bench.write(reg::kCtrl, reg::kCtrlBoot).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
    });
}

TEST_F(HostInterfaceTest, TheInterruptFollowsStatusAndEnable) {
    simulate([&] {
        bench.finish_action();
        EXPECT_EQ(bench.read(reg::kIrqStatus), 1U);
        EXPECT_FALSE(bench.irq.read()); // not enabled
        bench.write(reg::kIrqEnable, 0xffff'ffffU);
        wait(ps(1));
        EXPECT_EQ(bench.read(reg::kIrqEnable), 1U);
        EXPECT_TRUE(bench.irq.read());
        bench.write(reg::kIrqStatus, 0);
        wait(ps(1));
        EXPECT_TRUE(bench.irq.read()); // a zero clears nothing
        bench.write(reg::kIrqStatus, 1);
        wait(ps(1));
        EXPECT_FALSE(bench.irq.read());
        EXPECT_EQ(bench.read(reg::kIrqStatus), 0U);
        bench.finish_action();
        EXPECT_TRUE(bench.irq.read());
    });
}

TEST_F(HostInterfaceTest, TheInputWindowTakesAnImageAndShowsNone) {
    simulate([&] {
        Bytes image{1, 2, 3, 4};
        const auto write = [&](std::uint64_t address) {
            return transfer(bench.isock, tlm::TLM_WRITE_COMMAND, address, image.data(), image.size()).status;
        };
        EXPECT_EQ(write(reg::kInput), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(write(reg::kInput + reg::kInputBytes - 4), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(write(reg::kInput + reg::kInputBytes - 3), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.read_status(reg::kInput), tlm::TLM_COMMAND_ERROR_RESPONSE);
        bench.write(reg::kCtrl, reg::kCtrlInfer);
        EXPECT_EQ(bench.tile.pixels, image);
        bench.tile.state.busy = true; // the image in work must not change
        EXPECT_EQ(write(reg::kInput), tlm::TLM_GENERIC_ERROR_RESPONSE);
    });
}

TEST_F(HostInterfaceTest, TheInputGoesWithTheRailAndWithTheCommandToPowerOff) {
    simulate([&] {
        Bytes image{1, 2, 3, 4};
        const auto write = [&] {
            return transfer(bench.isock, tlm::TLM_WRITE_COMMAND, reg::kInput + 4, image.data(), image.size()).status;
        };
        EXPECT_EQ(write(), tlm::TLM_OK_RESPONSE);
        bench.power(false);
        EXPECT_EQ(write(), tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.remanent().activations, 8 * 8) << "from the window's first byte to the last one written";
        EXPECT_EQ(bench.dut.remanent().secrets, 0);
        bench.power(true);
        bench.write(reg::kCtrl, reg::kCtrlBoot);
        EXPECT_EQ(bench.dut.remanent().activations, 0);
        bench.write(reg::kCtrl, reg::kCtrlInfer);
        EXPECT_EQ(bench.tile.pixels, (Bytes{0, 0, 0, 0}));
        EXPECT_EQ(write(), tlm::TLM_OK_RESPONSE);
        bench.write(reg::kCtrl, reg::kCtrlPowerOff);
        bench.power(false);
        EXPECT_EQ(bench.dut.remanent().activations, 0) << "in order";
    });
}

TEST_F(HostInterfaceTest, AResetForgetsRegistersAndInput) {
    simulate([&] {
        bench.write(reg::kIrqEnable, 1);
        bench.write(reg::kBatch, 7);
        Bytes image{1, 2, 3, 4};
        transfer(bench.isock, tlm::TLM_WRITE_COMMAND, reg::kInput, image.data(), image.size());
        bench.finish_action();
        bench.rst_n.write(false);
        wait(ps(1));
        EXPECT_FALSE(bench.irq.read());
        bench.finish_action(); // ended by the reset: not told
        bench.rst_n.write(true);
        wait(ps(1));
        EXPECT_EQ(bench.read(reg::kIrqStatus), 0U);
        EXPECT_EQ(bench.read(reg::kIrqEnable), 0U);
        EXPECT_EQ(bench.read(reg::kBatch), 1U);
        bench.write(reg::kCtrl, reg::kCtrlInfer);
        EXPECT_EQ(bench.tile.pixels, Bytes(4));
    });
}

TEST_F(HostInterfaceTest, TheBatchRegisterSaysHowManyImagesAreInferred) {
    simulate([&] {
        bench.write(reg::kCtrl, reg::kCtrlInfer);
        EXPECT_EQ(bench.tile.images, 1U);
        EXPECT_EQ(bench.write(reg::kBatch, 0).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(bench.read(reg::kBatch), 1U);
        EXPECT_EQ(bench.write(reg::kBatch, 7).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.read(reg::kBatch), 7U);
        bench.write(reg::kCtrl, reg::kCtrlInfer);
        EXPECT_EQ(bench.tile.images, 7U);
    });
}

TEST_F(HostInterfaceTest, TheLogitsWindowShowsTheLastInferenceOnly) {
    simulate([&] {
        EXPECT_EQ(bench.read_status(reg::kLogits), tlm::TLM_ADDRESS_ERROR_RESPONSE); // none yet
        bench.tile.state.logits = {1.5F, -2.0F, 3.25F};
        std::vector<float> logits(3);
        EXPECT_EQ(transfer(bench.isock, tlm::TLM_READ_COMMAND, reg::kLogits, logits.data(), 12).status,
                  tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(logits, bench.tile.state.logits);
        float second = 0;
        transfer(bench.isock, tlm::TLM_READ_COMMAND, reg::kLogits + 4, &second, 4);
        EXPECT_EQ(second, -2.0F);
        EXPECT_EQ(bench.read_status(reg::kLogits + 9), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.read_status(reg::kLogits + 0x1000'0000), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.write(reg::kLogits, 0).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
    });
}

TEST_F(HostInterfaceTest, DebugAccessReachesAllCellsInEveryPowerState) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            Rng rng = make_rng(seed, "host test");
            Bytes cells = random_bytes(rng, kCrossbars * kCellBytes), signs = random_bytes(rng, kSignBytes);
            const bool powered = random_int(rng, 0, 1) == 1;
            bench.power(powered);
            EXPECT_EQ(bench.debug(tlm::TLM_WRITE_COMMAND, reg::kCells, cells), cells.size()); // crosses a crossbar
            EXPECT_EQ(bench.debug(tlm::TLM_WRITE_COMMAND, reg::kSigns, signs), signs.size());
            bench.power(!powered);
            Bytes back(cells.size()), sign_back(signs.size());
            EXPECT_EQ(bench.debug(tlm::TLM_READ_COMMAND, reg::kCells, back), back.size());
            EXPECT_EQ(bench.debug(tlm::TLM_READ_COMMAND, reg::kSigns, sign_back), sign_back.size());
            EXPECT_EQ(back, cells);
            EXPECT_EQ(sign_back, signs);
        }
        EXPECT_EQ(stat(bench.dut, "accesses"), 0); // it costs nothing
    });
}

TEST_F(HostInterfaceTest, DebugAccessIsClippedToTheCells) {
    simulate([&] {
        Bytes bytes(64);
        const auto moved = [&](std::uint64_t address) { return bench.debug(tlm::TLM_READ_COMMAND, address, bytes); };
        EXPECT_EQ(moved(reg::kCells + kCrossbars * kCellBytes - 10), 10U);
        EXPECT_EQ(moved(reg::kCells + kCrossbars * kCellBytes), 0U);
        EXPECT_EQ(moved(reg::kSigns + kSignBytes - 10), 10U);
        EXPECT_EQ(moved(reg::kSigns + kSignBytes), 0U);
        EXPECT_EQ(moved(~std::uint64_t{0}), 0U);
    });
}

TEST_F(HostInterfaceTest, DebugAccessShowsNeitherRegistersNorImagesNorLogits) {
    simulate([&] {
        bench.tile.state.logits = {1.0F, 2.0F};
        Bytes bytes(4, 0xa5);
        for (const std::uint64_t address :
             {std::uint64_t{0}, reg::kStatus, reg::kInput, reg::kLogits, reg::kCells - 4}) {
            EXPECT_EQ(bench.debug(tlm::TLM_READ_COMMAND, address, bytes), 0U) << address;
            EXPECT_EQ(bench.debug(tlm::TLM_WRITE_COMMAND, address, bytes), 0U) << address;
        }
        EXPECT_EQ(bytes, Bytes(4, 0xa5));
    });
}

TEST_F(HostInterfaceTest, DebugAccessLeavesTheTransactionsAddressAlone) {
    simulate([&] {
        Bytes bytes(4);
        for (const std::uint64_t address : {reg::kCells + kCellBytes, reg::kSigns + 8}) {
            tlm::tlm_generic_payload trans;
            prepare(trans, tlm::TLM_READ_COMMAND, address, bytes.data(), bytes.size());
            EXPECT_EQ(bench.isock->transport_dbg(trans), 4U);
            EXPECT_EQ(trans.get_address(), address);
        }
    });
}

TEST_F(HostInterfaceTest, LivesOnWithoutTheRail) {
    simulate([&] {
        bench.write(reg::kIrqEnable, 1);
        bench.power(false);
        EXPECT_EQ(bench.read(reg::kStatus) & reg::kStatusRail, 0U);
        EXPECT_EQ(bench.read(reg::kIrqEnable), 1U);
        bench.finish_action(); // the end of an orderly power-off comes after the rail fell
        EXPECT_TRUE(bench.irq.read());
    });
}

TEST_F(HostInterfaceTest, EveryRegisterIsAccessedAsTheTableSays) {
    using reg::Access;
    simulate([&] {
        for (const reg::Register& one : reg::registers()) {
            if (one.address >= reg::kInput) continue; // windows have tests of their own
            std::uint32_t value = one.address == reg::kCtrl ? 77 : 1;
            const auto written = transfer(bench.isock, tlm::TLM_WRITE_COMMAND, one.address, &value, 4).status;
            const auto read = transfer(bench.isock, tlm::TLM_READ_COMMAND, one.address, &value, 4).status;
            const bool can_write = one.access == Access::read_write || one.access == Access::read_write_1_to_clear;
            EXPECT_EQ(written == tlm::TLM_OK_RESPONSE, can_write) << one.name;
            EXPECT_EQ(read == tlm::TLM_OK_RESPONSE, one.access != Access::write_only) << one.name;
        }
    });
}

TEST(RegisterTableTest, IsTheOneInTheDocumentation) {
    const std::string page = read_file(VEILRAM_SOURCE_DIR "/docs/registers.md");
    EXPECT_NE(page.find(reg::register_table()), std::string::npos) << "put this there:\n" << reg::register_table();
}

} // namespace
} // namespace veilram::test
