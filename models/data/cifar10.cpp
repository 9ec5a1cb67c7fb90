// CIFAR-10, binary version: records of a label byte and 3072 bytes CHW.
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/data/dataset.hpp"

#include <algorithm>
#include <filesystem>

namespace veilram {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kImageBytes = 3 * 32 * 32;
constexpr std::size_t kRecordBytes = 1 + kImageBytes;

std::vector<std::string> batch_files(const std::string& folder, Split split) {
    if (!fs::is_directory(folder))
        throw UserError(folder + ": no such folder; expected the one with the CIFAR-10 files");
    std::vector<std::string> paths;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const bool wanted = split == Split::test
                                ? name == "test_batch.bin"
                                : name.rfind("data_batch_", 0) == 0 && entry.path().extension() == ".bin";
        if (wanted) paths.push_back(entry.path().string());
    }
    if (paths.empty())
        throw UserError(folder + ": no " + (split == Split::test ? "test_batch.bin" : "data_batch_*.bin") +
                        " there; expected the binary version of CIFAR-10");
    std::sort(paths.begin(), paths.end()); // a folder lists its files in no particular order
    return paths;
}

void append_batch(const std::string& path, Dataset& data) {
    const std::string content = read_file(path);
    if (content.empty() || content.size() % kRecordBytes != 0)
        throw UserError(path + ": truncated or not CIFAR-10: " + std::to_string(content.size()) +
                        " bytes, expected a multiple of " + std::to_string(kRecordBytes));
    for (std::size_t offset = 0; offset < content.size(); offset += kRecordBytes) {
        const int label = static_cast<unsigned char>(content[offset]);
        if (label > 9)
            throw UserError(path + ": label of record " + std::to_string(offset / kRecordBytes) + " is " +
                            std::to_string(label) + ", expected 0..9");
        data.labels.push_back(label);
        const auto image = content.begin() + static_cast<std::ptrdiff_t>(offset) + 1;
        data.pixels.insert(data.pixels.end(), image, image + static_cast<std::ptrdiff_t>(kImageBytes));
    }
}

} // namespace

Dataset load_cifar10(const std::string& folder, Split split) {
    Dataset data;
    data.shape = {3, 32, 32};
    for (const auto& path : batch_files(folder, split)) append_batch(path, data);
    return data;
}

} // namespace veilram
