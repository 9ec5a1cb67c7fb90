#include "hw/crypto/crypto_engine.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {
namespace {
constexpr std::size_t kAesBlock = 16;
constexpr std::size_t kShaBlock = 64;
constexpr std::uint32_t kLargestBlob = 1U << 26; ///< a corrupt directory must not make the engine fetch gigabytes

std::int64_t blocks(std::size_t bytes, std::size_t block) {
    return static_cast<std::int64_t>((bytes + block - 1) / block);
}
} // namespace

std::string to_string(UnsealRequest::Verdict verdict) {
    switch (verdict) {
    case UnsealRequest::Verdict::none:
        return "none";
    case UnsealRequest::Verdict::opened:
        return "opened";
    case UnsealRequest::Verdict::refused:
        return "refused";
    case UnsealRequest::Verdict::replayed:
        return "replayed";
    case UnsealRequest::Verdict::memory_error:
        return "memory_error";
    case UnsealRequest::Verdict::no_room:
        return "no_room";
    }
    return "none";
}

CryptoEngine::CryptoEngine(const sc_core::sc_module_name& name, const CryptoConfig& cfg)
    : sc_module(name), cfg_(cfg), meter_({{{"aes_blocks", "16-byte blocks decrypted and authenticated", cfg.aes_block},
                                           {"sha_blocks", "64-byte blocks hashed", cfg.sha_block}}}) {
    busy_.rail_i.bind(rail_i);
    hash_tsock.register_b_transport(this, &CryptoEngine::hash_transport);
    unseal_tsock.register_b_transport(this, &CryptoEngine::unseal_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

CryptoEngine::~CryptoEngine() = default;

void CryptoEngine::hash_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const auto* request = request_of<HashRequest>(trans);
    if (request == nullptr || request->program == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const std::string& program = *request->program;
    digest_ = sha256(reinterpret_cast<const std::uint8_t*>(program.data()), program.size());
    const auto count = blocks(program.size() + 9, kShaBlock); // padding bit and length
    meter_.charge(CryptoEvent::sha_block, count);
    meter_.spend(cfg_.sha_block.time * count, delay);
    busy_.hold(delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void CryptoEngine::unseal_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<UnsealRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    request->verdict = open(*request, delay);
    busy_.hold(delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE); // the verdict is the answer; the access itself was legal
}

CryptoEngine::Verdict CryptoEngine::open(UnsealRequest& request, sc_core::sc_time& delay) {
    if (request.size == 0 || request.size > kLargestBlob) return Verdict::refused;
    SealedBlob blob(request.size);
    if (access(memory_isock, tlm::TLM_READ_COMMAND, request.address, blob.data(), blob.size(), delay) !=
        tlm::TLM_OK_RESPONSE)
        return Verdict::memory_error;
    const auto count = blocks(blob.size(), kAesBlock);
    meter_.charge(CryptoEvent::aes_block, count);
    meter_.spend(cfg_.aes_block.time * count, delay);

    request.header.program = digest_;
    auto plain = unseal(root_key_port->root_key(), request.header, blob);
    if (!plain) return Verdict::refused;
    if (request.header.version < root_key_port->minimum_version()) return Verdict::replayed; // authentic, but old
    KeySlotRequest slot{KeySlotRequest::Action::write, request.header.layer, std::move(*plain)};
    const auto status = send(key_isock, slot, delay);
    std::fill(slot.bytes.begin(), slot.bytes.end(), std::uint8_t{0});
    if (status != tlm::TLM_OK_RESPONSE) return Verdict::no_room;
    if (request.last) root_key_port->raise_minimum_version(request.header.version);
    return Verdict::opened;
}

void CryptoEngine::add_traces(TraceFile& file) const { file.add(*this, busy_.value(), "busy"); }

} // namespace veilram
