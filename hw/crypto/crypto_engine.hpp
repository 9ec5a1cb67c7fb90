// The crypto engine: hashes the public program, opens sealed blobs straight into the key store (docs/model.md, section 8).
#pragma once

#include "hw/crypto/crypto_config.hpp"
#include "hw/crypto/key_store.hpp"
#include "hw/sim/busy_line.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "models/protect/seal.hpp"

#include <systemc>

#include <string>

namespace veilram {

/// Bytes of the public program: the digest enters the associated data of every blob opened afterwards.
struct HashRequest {
    const std::string* program = nullptr;
};

/// Opens the blob of one layer into the key store's slot of that layer.
struct UnsealRequest {
    enum class Verdict : std::uint8_t { none, opened, refused, replayed, memory_error, no_room };
    SealHeader header;         ///< its digest is replaced by the engine's own
    std::uint64_t address = 0; ///< of the blob in memory
    std::uint32_t size = 0;    ///< of the blob, bytes
    bool last = false;         ///< when it opens too, the monotonic counter rises to the image's version
    Verdict verdict = Verdict::none;
};
std::string to_string(UnsealRequest::Verdict verdict);

enum class CryptoEvent : std::uint8_t { aes_block, sha_block };

/// Nothing leaves this engine before the tag over the whole blob has been verified, and then only towards the key
/// store.
class CryptoEngine final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<CryptoEngine, HashRequest> hash_tsock{"hash_tsock"};
    RequestTarget<CryptoEngine, UnsealRequest> unseal_tsock{"unseal_tsock"};
    tlm_utils::simple_initiator_socket<CryptoEngine> memory_isock{"memory_isock"};
    RequestInitiator<CryptoEngine, KeySlotRequest> key_isock{"key_isock"};
    sc_core::sc_port<RootKeyIf> root_key_port{"root_key_port"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(CryptoEngine);
    CryptoEngine(const sc_core::sc_module_name& name, const CryptoConfig& cfg);
    ~CryptoEngine() override;

    void collect(StatGroup& out) const override { meter_.collect(out); }
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    using Verdict = UnsealRequest::Verdict;
    void hash_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void unseal_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    Verdict open(UnsealRequest& request, sc_core::sc_time& delay);
    void rail_method() { digest_.fill(0); }

    const CryptoConfig cfg_;
    Digest digest_{};
    EventMeter<CryptoEvent, 2> meter_;
    BusyLine busy_{"busy"};
};

} // namespace veilram
