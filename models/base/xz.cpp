#include "models/base/xz.hpp"

#include "models/base/diagnostics.hpp"

#include <limits>
#include <lzma.h>
#include <memory>
#include <vector>

namespace veilram {

bool is_xz(const std::string& content) {
    constexpr char kMagic[] = {'\xfd', '7', 'z', 'X', 'Z', '\0'};
    return content.compare(0, sizeof kMagic, kMagic, sizeof kMagic) == 0;
}

std::string unpack_xz(const std::string& content) {
    constexpr std::size_t kPiece = 1 << 20;
    lzma_stream stream = LZMA_STREAM_INIT;
    const std::unique_ptr<lzma_stream, decltype(&lzma_end)> guard(&stream, &lzma_end);
    lzma_ret state = lzma_stream_decoder(&stream, std::numeric_limits<std::uint64_t>::max(), LZMA_CONCATENATED);
    stream.next_in = reinterpret_cast<const std::uint8_t*>(content.data());
    stream.avail_in = content.size();
    std::string unpacked;
    std::vector<std::uint8_t> piece(kPiece);
    while (state == LZMA_OK) {
        stream.next_out = piece.data();
        stream.avail_out = piece.size();
        state = lzma_code(&stream, LZMA_FINISH);
        unpacked.append(piece.begin(), piece.end() - static_cast<std::ptrdiff_t>(stream.avail_out));
    }
    if (state != LZMA_STREAM_END) throw UserError("is not a whole xz file: cut off or damaged; copy it again");
    return unpacked;
}

} // namespace veilram
