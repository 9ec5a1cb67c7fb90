// A set of activation levels 0..255.
#pragma once

#include "models/base/bits.hpp"

#include <array>
#include <cstddef>

namespace veilram {

class LevelSet {
public:
    static constexpr std::size_t kSize = 256;

    bool operator[](std::size_t level) const { return get_bit(words_.data(), level); }
    LevelSet& set(std::size_t level) {
        set_bit(words_.data(), level, true);
        return *this;
    }
    LevelSet& add(const LevelSet& other) {
        for (std::size_t w = 0; w < words_.size(); ++w) words_[w] |= other.words_[w];
        return *this;
    }
    /// All levels.
    static LevelSet full() {
        LevelSet all;
        all.words_.fill(~Word{0});
        return all;
    }
    std::size_t count() const { return popcount(words_.data(), words_.size()); }
    bool empty() const { return *this == LevelSet(); }

    /// Calls visit(level) for every level of the set, lowest first.
    template <class Visit> void for_each(Visit visit) const {
        for (std::size_t w = 0; w < words_.size(); ++w)
            for (Word left = words_[w]; left != 0; left &= left - 1)
                visit(w * kWordBits + static_cast<std::size_t>(__builtin_ctzll(left)));
    }

    friend bool operator==(const LevelSet& a, const LevelSet& b) { return a.words_ == b.words_; }

private:
    std::array<Word, words_for(kSize)> words_{};
};

} // namespace veilram
