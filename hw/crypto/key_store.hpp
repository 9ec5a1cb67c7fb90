// The key store: one-time-programmable root key and version counter, and the volatile SRAM for unsealed secrets.
#pragma once

#include "hw/crypto/crypto_config.hpp"
#include "hw/power/remanence.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <cstdint>
#include <vector>

namespace veilram {

/// Private wires between key store and crypto engine: the root key is never on a bus.
class RootKeyIf : public virtual sc_core::sc_interface {
public:
    virtual const Key256& root_key() const = 0;
    virtual std::uint32_t minimum_version() const = 0;
    /// The counter only moves up.
    virtual void raise_minimum_version(std::uint32_t version) = 0;
};

/// Plain text of one layer's secrets in or out of the key SRAM; `erase` clears every slot instead.
struct KeySlotRequest {
    enum class Action : std::uint8_t { write, read, erase_all };
    Action action = Action::read;
    std::uint32_t slot = 0;
    Bytes bytes; ///< written, or the answer
};

enum class KeyStoreEvent : std::uint8_t { sram_word };

/// Offers no debug access. The SRAM is empty after power-off; OTP and counter stay.
class KeyStore final : public sc_core::sc_module,
                       public RootKeyIf,
                       public RemanentMemory,
                       public StatProvider,
                       public Traceable {
public:
    RequestTarget<KeyStore, KeySlotRequest> write_tsock{"write_tsock"}; ///< from the crypto engine
    RequestTarget<KeyStore, KeySlotRequest> read_tsock{"read_tsock"};   ///< from the scheduler: read and erase
    sc_core::sc_export<RootKeyIf> root_key_export{"root_key_export"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(KeyStore);
    KeyStore(const sc_core::sc_module_name& name, const KeyStoreConfig& cfg);
    ~KeyStore() override;

    const Key256& root_key() const override { return cfg_.root_key; }
    std::uint32_t minimum_version() const override { return minimum_version_; }
    void raise_minimum_version(std::uint32_t version) override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void write_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void read_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void rail_method();
    void charge(std::size_t bytes, sc_core::sc_time& delay);
    void wipe();

    const KeyStoreConfig cfg_;
    std::uint32_t minimum_version_;
    std::vector<Bytes> slots_;
    EventMeter<KeyStoreEvent, 1> meter_;
    unsigned filled_q_ = 0; ///< slots that hold secrets
};

} // namespace veilram
