#include "models/protect/sign_mask.hpp"

#include "models/base/diagnostics.hpp"
#include "models/protect/little_endian.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

namespace veilram {
namespace {

/// One shift register of Trivium as the history of the bits that entered it: position i holds what entered i clocks
/// ago. Every tap of the cipher lies at position 66 or beyond, so 64 clocks may be taken at once.
class History {
public:
    void set(unsigned position) {
        if (position <= kWordBits)
            recent_ |= Word{1} << (kWordBits - position);
        else
            old_ |= Word{1} << (2 * kWordBits - position);
    }
    /// What position `i` (65..127) holds during the next 64 clocks, first clock in bit 0.
    Word tap(unsigned i) const { return (old_ >> (2 * kWordBits - i)) | (recent_ << (i - kWordBits)); }
    void push(Word next) {
        old_ = recent_;
        recent_ = next;
    }

private:
    Word old_ = 0, recent_ = 0;
};

/// Trivium (De Canniere and Preneel, eSTREAM). The three registers hold s1..s93, s94..s177 and s178..s288 of the
/// specification. Bytes as in the eSTREAM test vectors: K1 is the top bit of the last key byte, the first keystream bit
/// is bit 0 of the first byte.
class Trivium {
public:
    using Block = std::array<std::uint8_t, 10>;

    Trivium(const Block& key, const Block& iv) {
        for (unsigned i = 1; i <= 80; ++i) {
            const unsigned bit = 80 - i;
            if (((key[bit / 8] >> (bit % 8)) & 1U) != 0) a_.set(i);
            if (((iv[bit / 8] >> (bit % 8)) & 1U) != 0) b_.set(i);
        }
        for (const unsigned position : {109U, 110U, 111U}) c_.set(position);
        for (int clocks = 0; clocks < 4 * 288; clocks += 64) next();
    }

    /// The next 64 keystream bits, the first in bit 0.
    Word next() {
        Word t1 = a_.tap(66) ^ a_.tap(93);
        Word t2 = b_.tap(69) ^ b_.tap(84);
        Word t3 = c_.tap(66) ^ c_.tap(111);
        const Word z = t1 ^ t2 ^ t3;
        t1 ^= (a_.tap(91) & a_.tap(92)) ^ b_.tap(78);
        t2 ^= (b_.tap(82) & b_.tap(83)) ^ c_.tap(87);
        t3 ^= (c_.tap(109) & c_.tap(110)) ^ a_.tap(69);
        a_.push(t3);
        b_.push(t1);
        c_.push(t2);
        return z;
    }

private:
    History a_, b_, c_;
};

/// crossbar | row, little-endian.
template <std::size_t N> std::array<std::uint8_t, N> nonce_block(std::uint32_t crossbar, std::uint32_t row) {
    std::array<std::uint8_t, N> block{};
    store_u32(block.data(), crossbar);
    store_u32(block.data() + 4, row);
    return block;
}

void trivium(const Key128& key, std::uint32_t crossbar, std::uint32_t row, std::size_t words, Word* out) {
    Trivium::Block key80{};
    std::copy_n(key.begin(), key80.size(), key80.begin());
    Trivium cipher(key80, nonce_block<10>(crossbar, row));
    std::generate_n(out, words, [&] { return cipher.next(); });
}

/// AES-128 of the counter blocks crossbar | row | 0, 1, 2 ... (the last eight bytes count, most significant first).
void aes_ctr(const Key128& key, std::uint32_t crossbar, std::uint32_t row, std::size_t words, Word* out) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  EVP_CIPHER_CTX_free);
    const auto counter = nonce_block<16>(crossbar, row);
    const Bytes zeros(words * sizeof(Word));
    Bytes stream(zeros.size());
    int size = 0;
    if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), counter.data()) != 1 ||
        EVP_EncryptUpdate(context.get(), stream.data(), &size, zeros.data(), static_cast<int>(zeros.size())) != 1)
        throw ModelError("AES-128-CTR failed");
    for (std::size_t w = 0; w < words; ++w) out[w] = load_u64(stream.data() + w * sizeof(Word));
}

/// x^64+x^63+x^61+x^60+1, maximal length. The state is the key xor the nonce, spread by an odd factor so that
/// neighbouring rows differ: linear in the key, hence weak by design.
void lfsr(const Key128& key, std::uint32_t crossbar, std::uint32_t row, std::size_t words, Word* out) {
    const Word nonce = (static_cast<Word>(crossbar) << 32 | row) * 0x9e3779b97f4a7c15ULL;
    Word state = load_u64(key.data()) ^ load_u64(key.data() + 8) ^ nonce;
    if (state == 0) state = 1; // the all-zero state would never leave itself
    for (std::size_t w = 0; w < words; ++w) {
        out[w] = state;
        for (std::size_t t = 0; t < kWordBits; ++t) {
            const Word in = (state >> 63 ^ state >> 62 ^ state >> 60 ^ state >> 59) & 1U;
            state = state << 1 | in;
        }
    }
}

} // namespace

void sign_keystream(MaskGenerator generator, const Key128& key, std::uint32_t crossbar, std::uint32_t row,
                    unsigned bits, Word* out) {
    const std::size_t words = words_for(bits);
    switch (generator) {
    case MaskGenerator::trivium:
        trivium(key, crossbar, row, words, out);
        break;
    case MaskGenerator::aes_ctr:
        aes_ctr(key, crossbar, row, words, out);
        break;
    case MaskGenerator::lfsr:
        lfsr(key, crossbar, row, words, out);
        break;
    }
    if (bits % kWordBits != 0) out[words - 1] &= (Word{1} << (bits % kWordBits)) - 1;
}

void mask_signs(BitMatrix& signs, MaskGenerator generator, const Key128& key, std::uint32_t crossbar) {
    std::vector<Word> stream(signs.words_per_row());
    for (std::size_t r = 0; r < signs.rows(); ++r) {
        sign_keystream(generator, key, crossbar, static_cast<std::uint32_t>(r), static_cast<unsigned>(signs.cols()),
                       stream.data());
        for (std::size_t w = 0; w < stream.size(); ++w) signs.row(r)[w] ^= stream[w];
    }
}

} // namespace veilram
