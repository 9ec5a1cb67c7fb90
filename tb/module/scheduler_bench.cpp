#include "tb/module/scheduler_bench.hpp"

#include "hw/sim/sim_time.hpp"
#include "tb/support/random_data.hpp"

#include <algorithm>

namespace veilram::test {
namespace {

const std::string kProgram = "a public program";

ArrayGeometry small_array() {
    ArrayGeometry array;
    array.rows = 8;
    return array;
}

KeyStoreConfig store_config() {
    KeyStoreConfig cfg;
    cfg.root_key.fill(0x5a);
    cfg.slots = kLayers;
    cfg.slot_bytes = 1024;
    cfg.sram_word = {Ps{kSramWord}, Fj{3}};
    return cfg;
}

std::uint64_t blob_address(std::uint32_t layer) { return 1024 + 4096 * std::uint64_t{layer}; }

SealHeader header(std::uint32_t layer) {
    SealHeader header;
    header.network = "net";
    header.layer = layer;
    header.version = kVersion;
    header.program = sha256(reinterpret_cast<const std::uint8_t*>(kProgram.data()), kProgram.size());
    return header;
}

std::vector<LayerSecrets> draw_layers() {
    std::vector<LayerSecrets> layers;
    for (std::uint32_t layer = 0; layer < kLayers; ++layer) {
        layers.push_back(draw_secrets(5, KeyScope::crossbar, layer, layer + 1, kN, small_array()));
        layers.back().weight_sums = {-7, 1000 + static_cast<std::int32_t>(layer), 12};
    }
    return layers;
}

} // namespace

MaskRecorder::MaskRecorder(const sc_core::sc_module_name& name) : sc_module(name) {
    tsock.register_b_transport(this, &MaskRecorder::b_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

void MaskRecorder::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const auto* load = request_of<MaskLoad>(trans);
    if (load->mask_key != nullptr)
        layers.insert(*load->layer);
    else if (load->layer)
        layers.erase(*load->layer);
    else
        layers.clear();
    key = load->mask_key != nullptr ? *load->mask_key : Key128{};
    weight_sums = load->mask_key != nullptr ? *load->weight_sums : std::vector<std::int32_t>();
    delay += ps(kMaskLoad);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

SchedulerBench::SchedulerBench(const sc_core::sc_module_name& name, ResPolicy policy)
    : PoweredBench(name), dut("dut",
                              {policy, kCrossbars * kN, static_cast<std::uint32_t>(small_array().sign_bits()), kLayers,
                               false, OfEveryImplementation::GetParam()},
                              small_array(), kN, &pins),
      crypto("crypto", {}), keys("keys", store_config()), dram("dram", {}), memory("memory", kMemoryBytes),
      gsl("gsl",
          {small_array(),
           kCrossbars,
           kN,
           {Ps{kVectorLoad}, Fj{}},
           {Ps{kZeroise}, Fj{}},
           {},
           OfEveryImplementation::GetParam()},
          &pins),
      converter(
          "converter",
          {256, kN, 2, {}, {Ps{kTableLoad}, Fj{}}, open_layers(policy, kLayers), OfEveryImplementation::GetParam()},
          &pins),
      mask("mask"), signs("signs", {kCrossbars * kN, 256, {Ps{kSignRead}, Fj{5}}, {Ps{kPulse}, Fj{600}}, 1, 1}),
      secrets(draw_layers()), blob_size_(kLayers) {
    CrossbarConfig crossbar;
    crossbar.array = small_array();
    crossbars.init(kCrossbars, [&](const char* instance, std::size_t) { return new Crossbar(instance, crossbar); });
    bind();
    Rng rng = make_rng(1, "scheduler bench");
    streams_ = random_streams(rng, LevelSet().set(128));
    cells_ = random_bits(rng, 8, 256);
    sign_cells_ = random_bits(rng, kCrossbars * kN, 256);
}

void SchedulerBench::bind() {
    isock.bind(dut.tsock);
    emergency_isock.bind(dut.emergency_tsock);
    hash_isock.bind(crypto.hash_tsock);
    read_isock.bind(gsl.read_tsock);
    conversion_isock.bind(converter.tsock);
    digital_isock.bind(signs.row_tsock[1]);
    tile_isock.bind(dram.tsock[0]);
    memory_isock.bind(memory.host_tsock);
    sign_cell_isock.bind(signs.cell_tsock);
    dut.crypto_isock.bind(crypto.unseal_tsock);
    dut.key_isock.bind(keys.read_tsock);
    dut.gsl_isock.bind(gsl.load_tsock);
    dut.start_isock.bind(converter.load_tsock);
    dut.mask_isock.bind(mask.tsock);
    dut.row_isock.bind(signs.row_tsock[2]);
    dut.write_isock.bind(signs.write_tsock);
    crypto.memory_isock.bind(dram.tsock[1]);
    crypto.key_isock.bind(keys.write_tsock);
    crypto.root_key_port.bind(keys.root_key_export);
    dram.memory_isock.bind(memory.chip_tsock);
    converter.sign_isock.bind(signs.row_tsock[0]);
    for (auto* pin : {&dut.rail_i, &crypto.rail_i, &keys.rail_i, &dram.rail_i, &gsl.rail_i, &converter.rail_i,
                      &mask.rail_i, &signs.rail_i})
        pin->bind(rail);
    for (std::size_t c = 0; c < kCrossbars; ++c) {
        gsl.crossbar_isock[c].bind(crossbars[c].read_tsock);
        cell_isock[c].bind(crossbars[c].cell_tsock);
        crossbars[c].rail_i.bind(rail);
    }
}

void SchedulerBench::seal_image() {
    for (std::uint32_t layer = 0; layer < kLayers; ++layer) {
        auto blob = seal(store_config().root_key, header(layer), encode(secrets[layer], small_array()));
        debug_access(memory_isock, tlm::TLM_WRITE_COMMAND, blob_address(layer), blob.data(), blob.size());
        blob_size_[layer] = static_cast<std::uint32_t>(blob.size());
    }
    Bytes bytes = to_bytes(cells_);
    for (auto& socket : cell_isock) debug_access(socket, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size());
    bytes = to_bytes(sign_cells_);
    debug_access(sign_cell_isock, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size());
    image_ready_ = true;
}

void SchedulerBench::change_blob(std::uint32_t layer) {
    if (!image_ready_) seal_image();
    std::uint8_t byte = 0;
    const auto address = blob_address(layer) + blob_size_[layer] / 2;
    debug_access(memory_isock, tlm::TLM_READ_COMMAND, address, &byte, 1);
    byte ^= 0x10U;
    debug_access(memory_isock, tlm::TLM_WRITE_COMMAND, address, &byte, 1);
}

Answer SchedulerBench::act(Action action, int layer) {
    SchedulerRequest request;
    request.action = action;
    request.layer = layer;
    request.layers = kLayers;
    return ask(isock, request);
}

Answer SchedulerBench::begin_boot() {
    if (!image_ready_) seal_image();
    HashRequest hash{&kProgram};
    ask(hash_isock, hash);
    return act(Action::begin_boot);
}

SchedulerRequest SchedulerBench::unseal_request(std::uint32_t layer) const {
    SchedulerRequest request;
    request.action = Action::unseal;
    request.layers = kLayers;
    request.layer = static_cast<int>(layer);
    request.first_crossbar = kFirstCrossbar[layer];
    request.header = header(layer);
    request.address = blob_address(layer);
    request.size = blob_size_[layer];
    return request;
}

void SchedulerBench::unseal(std::uint32_t layer) {
    auto request = unseal_request(layer);
    settle(ask(isock, request));
}

void SchedulerBench::boot(ResCore* model) {
    begin_boot();
    for (std::uint32_t layer = 0; layer < kLayers; ++layer) unseal(layer);
    act(Action::end_boot);
    if (model == nullptr) return;
    model->begin_boot(kLayers);
    for (std::uint32_t layer = 0; layer < kLayers; ++layer) model->blob_opened(static_cast<int>(layer));
    model->end_boot();
}

void SchedulerBench::toggle(int layer, ResCore& model) {
    if (model.state() == ResState::compute) {
        settle(lock(layer));
        if (model.begin_lock(layer)) model.end_lock(layer);
    } else {
        settle(unlock(layer));
        if (model.begin_unlock(layer)) model.end_unlock(layer);
    }
}

SchedulerRequest SchedulerBench::query() {
    SchedulerRequest request;
    EXPECT_EQ(ask(isock, request).status, tlm::TLM_OK_RESPONSE);
    return request;
}

BitMatrix SchedulerBench::dump_signs() {
    Bytes bytes((kCrossbars * kN + 1) * 256 / 8);
    EXPECT_EQ(debug_access(sign_cell_isock, tlm::TLM_READ_COMMAND, 0, bytes.data(), bytes.size()), bytes.size());
    return from_bytes(bytes.data(), bytes.size(), kCrossbars * kN + 1, 256);
}

bool SchedulerBench::slot_filled(std::uint32_t layer) {
    KeySlotRequest request{KeySlotRequest::Action::read, layer, {}};
    return ask(dut.key_isock, request).status == tlm::TLM_OK_RESPONSE;
}

ReadRequest SchedulerBench::read_request(std::uint32_t crossbar) const {
    ReadRequest request;
    request.crossbar = crossbar;
    request.streams = &streams_;
    request.reads = 1;
    request.pairs = small_array().row_pairs();
    return request;
}

tlm::tlm_response_status SchedulerBench::read_status(std::uint32_t crossbar) {
    auto request = read_request(crossbar);
    return ask(read_isock, request).status;
}

void SchedulerBench::check_registers(const LayerSecrets& expected, std::uint32_t first_crossbar) {
    for (std::uint32_t c = 0; c < expected.gsl.size(); ++c)
        for (std::uint32_t slot = 0; slot < 2 * kN; ++slot) {
            auto read = read_request(first_crossbar + c);
            read.slot = slot;
            ASSERT_EQ(ask(read_isock, read).status, tlm::TLM_OK_RESPONSE);
            const auto lines = expected.gsl[c].of_slot(static_cast<int>(slot), small_array().segments());
            for (int p = 0; p < read.pairs; ++p)
                EXPECT_EQ(code_of(read.codes, 128, static_cast<std::size_t>(p)),
                          read_count_literal(cells_, small_array(), p, lines, stream_of(streams_, 128).data()));
        }
    const LevelSet levels = LevelSet().set(0).set(1).set(100).set(217).set(255);
    ConversionRequest conversion;
    conversion.layer = first_crossbar == kFirstCrossbar[0] ? 0 : 1;
    conversion.crossbar = first_crossbar;
    conversion.levels = &levels;
    conversion.conversions = 5;
    ASSERT_EQ(ask(conversion_isock, conversion).status, tlm::TLM_OK_RESPONSE);
    for (unsigned level = 0; level < kStreamBits; ++level) {
        if (!levels[level]) continue;
        std::vector<Word> stream(4);
        sign_bit_stream_literal(sign_cells_.row(first_crossbar * kN), 256, level, expected.start[level], stream.data());
        EXPECT_EQ(stream_of(conversion.streams, level), stream) << "level " << level;
    }
}

sc_core::sc_time SchedulerBench::unlock_time(std::size_t layer) const {
    const auto words = static_cast<std::int64_t>((encode(secrets[layer], small_array()).size() + 7) / 8);
    const auto vectors = static_cast<std::int64_t>(secrets[layer].gsl.size()) * kN;
    return ps(words * kSramWord + vectors * kVectorLoad + kTableLoad + kMaskLoad);
}

} // namespace veilram::test
