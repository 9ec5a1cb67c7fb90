#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/base/random.hpp"
#include "models/data/dataset.hpp"
#include "models/image/compile.hpp"
#include "models/image/sc_engine.hpp"
#include "models/nn/topologies.hpp"
#include "tb/bench/apart.hpp"
#include "tb/bench/bench.hpp"
#include "tb/host/system.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <sys/resource.h>

namespace veilram {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kCalibrationImages = 4;

Graph topology_of(const std::string& network) {
    if (network == "lenet5") return lenet5();
    if (network == "resnet20") return resnet20();
    if (network == "vgg8") return vgg8();
    if (network == "resnet18") return resnet18();
    if (network == "resnet50") return resnet50();
    throw UserError("there is no benchmark network '" + network +
                    "'; choose lenet5, resnet20, vgg8, resnet18 or resnet50");
}

std::int64_t products_of(const Graph& graph) {
    std::int64_t products = 0;
    for (const std::size_t node : matrix_nodes(graph)) {
        const MatrixShape shape = matrix_shape(graph.nodes[node].op);
        products += element_count(graph.nodes[node].out_shape) * shape.inputs; // every output sums this many
    }
    return products;
}

/// Generated digits for LeNet-5, random bytes for the others.
std::vector<std::uint8_t> test_pixels(const Graph& graph, std::size_t images) {
    if (graph.name == "lenet5") return generate_digits(kSeed, Split::test, images).pixels;
    Rng rng = make_rng(kSeed, "bench/images");
    std::vector<std::uint8_t> pixels(images * static_cast<std::size_t>(element_count(graph.in_shape)));
    for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(rng());
    return pixels;
}

/// The paper's mapping with n = 8, sign-bit converter and masked signs: the defaults.
void compile_into(const std::string& network, const std::string& file) {
    const Graph graph = randomise(topology_of(network), kSeed);
    const std::vector<std::uint8_t> pixels = test_pixels(graph, kCalibrationImages);
    const CompileConfig config;
    const Tensor images = to_tensor(pixels.data(), kCalibrationImages, graph.in_shape, config.input);
    write_image(compile(graph, calibrate(graph, images, config.quant), config).image, file);
}

/// Whether `file` is there and of this version: what an older program left is compiled anew.
bool is_image(const std::string& file) {
    try {
        return fs::exists(file) && ImageFile(file).crossbars() > 0;
    } catch (const UserError&) {
        return false;
    }
}

struct Usage {
    double cpu_s, wall_s;
};
Usage usage_now() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    const auto wall = std::chrono::steady_clock::now().time_since_epoch();
    return {seconds(usage.ru_utime) + seconds(usage.ru_stime), std::chrono::duration<double>(wall).count()};
}

using Loop = std::function<void(std::size_t count, const std::function<void(std::size_t)>& work)>;

void one_by_one(std::size_t count, const std::function<void(std::size_t)>& work) {
    for (std::size_t i = 0; i < count; ++i) work(i);
}

/// Runs `infer(first image, images)` for one batch that does not count, then for all that do, as `loop` goes through
/// them.
Usage time_batches(const NetworkJob& job, const Loop& loop,
                   const std::function<void(std::size_t, std::size_t)>& infer) {
    infer(0, job.batch);
    const Usage start = usage_now();
    loop((job.images + job.batch - 1) / job.batch,
         [&](std::size_t i) { infer(i * job.batch, std::min(job.batch, job.images - i * job.batch)); });
    const Usage end = usage_now();
    return {end.cpu_s - start.cpu_s, end.wall_s - start.wall_s};
}

struct Device {
    ImageFile image;
    const Program& program;
    std::vector<LayerSecrets> secrets;
    std::vector<std::uint8_t> pixels;
    std::size_t image_size = 0;

    Device(const std::string& file, const NetworkJob& job)
        : image(file), program(image.program()), secrets(open_secrets(image.memory(), program, load_root_key({}), 1)) {
        image_size = static_cast<std::size_t>(element_count(program.graph.in_shape));
        pixels = test_pixels(program.graph, std::max(job.images, job.batch));
    }
    const std::uint8_t* pixels_of(std::size_t first) const { return pixels.data() + first * image_size; }
};

Usage run_functional(const Device& device, const NetworkJob& job) {
    ScEngine engine(device.program, device.image, device.secrets, job.device);
    return time_batches(job, parallel_for, [&](std::size_t first, std::size_t images) {
        const Shape& shape = device.program.graph.in_shape;
        infer(device.program.graph, to_tensor(device.pixels_of(first), images, shape, device.program.input), engine);
    });
}

/// Every event takes 1 ns and 1 pJ: how much does not matter for the speed of the simulation, that it is counted does.
ChipConfig chip_with_costs(const Device& device) {
    ChipConfig chip = chip_of(device.image.memory(), device.program);
    chip.root_key = load_root_key({});
    const Cost cost{Ps{1000}, Fj{1000}};
    ChipCosts& c = chip.costs;
    for (Cost* each :
         {&c.array_read,       &c.adc_conversion,  &c.cell_write,      &c.sign_row_read, &c.inject,
          &c.start_table_load, &c.lfsr_bit,        &c.gsl_vector_load, &c.gsl_zeroise,   &c.gsl_line_switch,
          &c.accumulate,       &c.digital_element, &c.mask_row,        &c.aes_block,     &c.sha_block,
          &c.key_sram_word,    &c.dram_access,     &c.dram_burst,      &c.host_access,   &c.power_ramp})
        *each = cost;
    return chip;
}

Usage run_lt(const Device& device, const NetworkJob& job) {
    const Bytes memory = flatten(device.image.memory());
    System system("bench", chip_with_costs(device), memory.size());
    Usage usage{};
    bool booted = false;
    system.run([&] {
        Host& host = system.host;
        host.program(device.image);
        host.load_memory(memory);
        host.power_on();
        booted = host.boot();
        if (!booted) return;
        usage = time_batches(job, one_by_one, [&](std::size_t first, std::size_t images) {
            if (host.infer(device.pixels_of(first), images * device.image_size, images).empty()) booted = false;
        });
    });
    if (!booted) throw ModelError("the chip refused the benchmark's image or batch");
    return usage;
}

double peak_rss_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

} // namespace

const std::vector<std::string>& bench_networks() {
    static const std::vector<std::string> names{"lenet5", "resnet20", "vgg8", "resnet18", "resnet50"};
    return names;
}

std::vector<NetworkJob> standard_jobs(bool brief) {
    std::vector<NetworkJob> jobs{{"lenet5", "functional", 1, 256, 1024}, {"lenet5", "lt", 1, 256, 1024}};
    if (brief) return jobs;
    DeviceConfig real; // as the noisy runs of other simulators
    real.programming_sigma = 0.05;
    real.read_sigma = 0.02;
    jobs.push_back({"lenet5", "functional", 1, 256, 1024, real});
    jobs.push_back({"lenet5", "functional", 2, 256, 2048});
    jobs.push_back({"lenet5", "lt", 1, 1, 256});
    for (const std::size_t threads : {1U, 2U}) jobs.push_back({"resnet20", "functional", threads, 64, 256});
    jobs.push_back({"resnet20", "lt", 1, 64, 256});
    for (const std::size_t threads : {1U, 2U}) jobs.push_back({"vgg8", "functional", threads, 64, 128});
    jobs.push_back({"vgg8", "lt", 1, 64, 128});
    for (const std::size_t threads : {1U, 2U}) jobs.push_back({"resnet18", "functional", threads, 16, 32});
    jobs.push_back({"resnet18", "lt", 1, 16, 32});
    for (const std::size_t threads : {1U, 2U}) jobs.push_back({"resnet50", "functional", threads, 16, 32});
    jobs.push_back({"resnet50", "lt", 1, 16, 16});
    return jobs;
}

NetworkRow bench_network(const NetworkJob& job, const std::string& folder) {
    const std::int64_t products = products_of(topology_of(job.network));
    if (job.fidelity != "functional" && job.fidelity != "lt")
        throw UserError("there is no fidelity '" + job.fidelity + "'; choose functional or lt");
    const std::string file = (fs::path(folder) / (job.network + ".h5")).string();
    const std::string what = "the benchmark of " + job.network + ", " + job.fidelity + ",";
    run_apart(what, 0, [&] {
        if (!is_image(file)) compile_into(job.network, file);
        return std::vector<double>{};
    });
    const std::vector<double> figures = run_apart(what, 3, [&] {
        set_threads(job.threads);
        const Device device(file, job);
        const Usage usage = job.fidelity == "lt" ? run_lt(device, job) : run_functional(device, job);
        const auto images = static_cast<double>(job.images);
        return std::vector<double>{usage.cpu_s / images, usage.wall_s / images, peak_rss_bytes()};
    });
    return {job, figures[0], figures[1], static_cast<std::int64_t>(figures[2]), products};
}

} // namespace veilram
