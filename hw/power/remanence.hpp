// What volatile memories still show for a while after their rail has fallen: how much, never what.
#pragma once

#include <systemc>

#include <cstdint>

namespace veilram {

struct RemanentBits {
    std::int64_t secrets = 0;     ///< of keys, vectors, start positions, masks, places of cells that change
    std::int64_t activations = 0; ///< of the user's data

    RemanentBits& operator+=(const RemanentBits& other) {
        secrets += other.secrets;
        activations += other.activations;
        return *this;
    }
};

/// A memory whose content outlives its rail until it decays or is zeroised. The block itself forgets the content with
/// the rail, so that nothing can compute with it; kept is the number of bits that a thief could still read.
class RemanentMemory : public virtual sc_core::sc_interface {
public:
    const RemanentBits& remanent() const { return remanent_; }
    void decay() { remanent_ = {}; }
    /// The outside power is gone and some energy is stored: a memory that nobody else zeroises then does it itself.
    virtual void power_fails() {}

protected:
    /// The rail has fallen. What an even earlier life left and nobody zeroised is still there.
    void lose(const RemanentBits& content) { remanent_ += content; }

private:
    RemanentBits remanent_;
};

} // namespace veilram
