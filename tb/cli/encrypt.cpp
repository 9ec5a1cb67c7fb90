// `veilram encrypt` and `veilram decrypt`: networks on plain cells, protected by sparse fast gradient encryption alone.
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/image/level_image.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/plain_cells.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/workload.hpp"

#include <iomanip>
#include <ostream>

namespace veilram {
namespace {

std::size_t sealed_bytes(const LevelImage& image) {
    std::size_t bytes = 0;
    for (const SealedBlob& blob : image.sealed) bytes += blob.size();
    return bytes;
}

void print_accuracy(const std::string& who, const LevelImage& image, const Dataset& test, std::ostream& out) {
    ExactEngine engine(image.program.layers, image.levels);
    const auto predictions = predict(image.program.graph, engine, test, image.program.input, who);
    out << "  " << who << ": " << std::fixed << std::setprecision(2) << 100 * accuracy(predictions, test) << " % of "
        << test.count() << " test images\n";
}

/// How many levels differ.
std::size_t count_differences(const LevelImage& a, const LevelImage& b) {
    std::size_t count = 0;
    for (std::size_t l = 0; l < a.levels.size(); ++l)
        for (std::size_t i = 0; i < a.levels[l].q.size(); ++i) count += a.levels[l].q[i] != b.levels[l].q[i] ? 1 : 0;
    return count;
}

} // namespace

void encrypt_command(const FileArgs& args, std::ostream& out) {
    const RunConfig config = load_run_config(args.config.config, args.config.settings);
    check_encrypts(config);
    const GradientsOf gradients_of = key_gradients(config);
    set_threads(static_cast<std::size_t>(config.threads));
    check_writable(args.out);
    const PlainCells cells = make_plain_cells(config, gradients_of);
    write_level_image(cells.encrypted, args.out);
    out << "key\n  " << cells.key_weights << " weights in " << cells.patches.size() << " layers, " << cells.key_bits
        << " bits; sealed with their levels in " << sealed_bytes(cells.encrypted) << " bytes\nencryption\n";
    for (const int bits : {1, 2}) {
        const CellWrites writes = cell_writes(cells.patches, bits);
        out << "  " << bits << "-bit cells: " << writes.cells << " change, " << writes.pulses << " pulses\n";
    }
    out << "image\n  " << args.out << "\n";
}

void decrypt_command(const DecryptArgs& args, std::ostream& out) {
    const RunConfig config = load_run_config(args.config.config, args.config.settings);
    set_threads(static_cast<std::size_t>(config.threads));
    if (!args.out.empty()) check_writable(args.out);
    const LevelImage image = read_level_image(args.image);
    Key256 root_key = load_root_key(config.compile.keys);
    const WipedAtEnd wiped(root_key);
    const LevelImage clear = decrypt(image, root_key, config.compile.keys.version);
    out << "cells, program and seals are whole; " << count_differences(image, clear) << " weights restored\n";
    if (args.images) {
        const Dataset test = load_test(config.data, args.images);
        check_fit(test, config, clear.program.graph.in_shape, args.image);
        out << "accuracy\n";
        print_accuracy("thief, cells as they are", image, test, out);
        print_accuracy("owner, decrypted", clear, test, out);
    }
    if (args.out.empty()) return;
    write_level_image(clear, args.out);
    out << "image in clear\n  " << args.out << "\n";
}

} // namespace veilram
