// Where compile() leaves the crossbars of a layer as soon as they are mapped.
#pragma once

#include "models/image/nvm.hpp"
#include "models/protect/secrets.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// Holds layers in order. Serves them as a source of crossbars while the next ones are mapped.
class LayerStore : public NvmSource {
public:
    /// Says how many crossbars each layer will have; to be called once, first.
    virtual void begin(const std::vector<std::size_t>& crossbars) = 0;
    /// Whether this layer was kept under this key, by an earlier compilation perhaps. The key stands for everything
    /// that the crossbars were made from.
    virtual bool holds(std::size_t layer, const Key256& key) = 0;
    virtual void keep(std::size_t layer, const Key256& key, NvmPart crossbars) = 0;
};

/// In memory. Used for several compilations of one network, it keeps the layers that come out the same.
class MemoryStore final : public LayerStore {
public:
    void begin(const std::vector<std::size_t>& crossbars) override;
    bool holds(std::size_t layer, const Key256& key) override { return keys_[layer] == key; }
    void keep(std::size_t layer, const Key256& key, NvmPart crossbars) override;

    std::size_t crossbars() const override { return part_.crossbars(); }
    NvmView view(std::size_t first, std::size_t count) const override { return part_.view(first, count); }
    const NvmPart& part() const { return part_; }
    /// Leaves the store empty.
    NvmPart take() {
        counts_.clear();
        return std::move(part_);
    }

private:
    std::vector<std::size_t> counts_;         ///< by layer
    std::vector<std::optional<Key256>> keys_; ///< by layer
    NvmPart part_;
};

/// One HDF5 file a layer in a folder of its own: an interrupted compilation goes on from it, and memory never holds
/// more than one layer. What is in it is what will be in the image: nothing secret.
class FolderStore final : public LayerStore {
public:
    /// Makes the folder if needed. Throws UserError when it cannot.
    explicit FolderStore(std::string folder);

    void begin(const std::vector<std::size_t>& crossbars) override;
    /// A file that is damaged or of another key counts as none.
    bool holds(std::size_t layer, const Key256& key) override;
    void keep(std::size_t layer, const Key256& key, NvmPart crossbars) override;

    std::size_t crossbars() const override { return first_.empty() ? 0 : first_.back(); }
    NvmView view(std::size_t first, std::size_t count) const override;

    /// Deletes the layers and the folder: the image has them now.
    void remove();

private:
    std::string file_of(std::size_t layer) const;

    std::string folder_;
    std::vector<std::size_t> first_; ///< number of each layer's first crossbar; at the end, of all
};

} // namespace veilram
