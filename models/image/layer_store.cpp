#include "models/image/layer_store.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/image/nvm_hdf5.hpp"

#include <algorithm>
#include <filesystem>
#include <numeric>

namespace veilram {
namespace fs = std::filesystem;
namespace {
constexpr const char* kKey = "/key";
} // namespace

void MemoryStore::begin(const std::vector<std::size_t>& crossbars) {
    if (crossbars == counts_) return;
    counts_ = crossbars;
    keys_.assign(crossbars.size(), std::nullopt);
    const std::size_t all = std::accumulate(crossbars.begin(), crossbars.end(), std::size_t{0});
    part_.cells.assign(all, {});
    part_.signs.assign(all, {});
}

void MemoryStore::keep(std::size_t layer, const Key256& key, NvmPart crossbars) {
    const std::ptrdiff_t first =
        std::accumulate(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(layer), std::ptrdiff_t{0});
    std::move(crossbars.cells.begin(), crossbars.cells.end(), part_.cells.begin() + first);
    std::move(crossbars.signs.begin(), crossbars.signs.end(), part_.signs.begin() + first);
    keys_[layer] = key;
}

FolderStore::FolderStore(std::string folder) : folder_(std::move(folder)) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error || !fs::is_directory(folder_))
        throw UserError(folder_ + ": cannot make this folder for finished layers: " + error.message());
}

void FolderStore::begin(const std::vector<std::size_t>& crossbars) {
    first_.assign(1, 0);
    for (const std::size_t count : crossbars) first_.push_back(first_.back() + count);
}

std::string FolderStore::file_of(std::size_t layer) const {
    return (fs::path(folder_) / ("layer_" + std::to_string(layer) + ".h5")).string();
}

bool FolderStore::holds(std::size_t layer, const Key256& key) {
    if (!fs::exists(file_of(layer))) return false;
    try {
        const Hdf5Reader file(file_of(layer));
        const std::vector<std::uint8_t> found = file.bytes(kKey);
        return std::equal(found.begin(), found.end(), key.begin(), key.end()) &&
               count_crossbars(file) == first_[layer + 1] - first_[layer];
    } catch (const UserError&) {
        return false;
    }
}

void FolderStore::keep(std::size_t layer, const Key256& key, NvmPart crossbars) {
    const std::string path = file_of(layer);
    write_atomically(path, [&](const std::string& temporary) {
        Hdf5Writer file(temporary, path, crossbar_bytes(crossbars));
        write_crossbars(file, crossbars);
        file.bytes(kKey, key.data(), key.size());
        file.close();
    });
}

NvmView FolderStore::view(std::size_t first, std::size_t count) const {
    if (first + count > crossbars())
        throw ModelError("crossbars up to " + std::to_string(first + count) + " of " + std::to_string(crossbars()));
    const auto all = std::make_shared<NvmPart>();
    for (std::size_t layer = 0; layer + 1 < first_.size(); ++layer) {
        const std::size_t from = std::max(first, first_[layer]), to = std::min(first + count, first_[layer + 1]);
        if (from >= to) continue;
        NvmPart part = read_crossbars(Hdf5Reader(file_of(layer)), from - first_[layer], to - from);
        std::move(part.cells.begin(), part.cells.end(), std::back_inserter(all->cells));
        std::move(part.signs.begin(), part.signs.end(), std::back_inserter(all->signs));
    }
    NvmView view = all->view(0, count);
    view.owner = all;
    return view;
}

void FolderStore::remove() {
    std::error_code ignored;
    for (std::size_t layer = 0; layer + 1 < first_.size(); ++layer) fs::remove(file_of(layer), ignored);
    fs::remove(folder_, ignored); // stays when somebody put something else into it
}

} // namespace veilram
