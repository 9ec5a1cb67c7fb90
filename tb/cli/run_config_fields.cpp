// The one description of every field: key, allowed values, meaning. Defaults are those of the structs.
#include "tb/cli/run_config.hpp"

namespace veilram {

template <> const Choices<DataSource>& choices<DataSource>() {
    static const Choices<DataSource> all{{"digits", DataSource::digits},
                                         {"mnist", DataSource::mnist},
                                         {"cifar10", DataSource::cifar10},
                                         {"imagenet", DataSource::imagenet}};
    return all;
}
template <> const Choices<WeightScale>& choices<WeightScale>() {
    static const Choices<WeightScale> all{{"per_channel", WeightScale::per_channel},
                                          {"per_tensor", WeightScale::per_tensor}};
    return all;
}
template <> const Choices<ActivationScale>& choices<ActivationScale>() {
    static const Choices<ActivationScale> all{{"max", ActivationScale::max},
                                              {"percentile", ActivationScale::percentile}};
    return all;
}
template <> const Choices<MapScheme>& choices<MapScheme>() {
    static const Choices<MapScheme> all{{"paper", MapScheme::paper}, {"balanced", MapScheme::balanced}};
    return all;
}
template <> const Choices<MapProfile>& choices<MapProfile>() {
    static const Choices<MapProfile> all{{"accurate", MapProfile::accurate}, {"hardened", MapProfile::hardened}};
    return all;
}
template <> const Choices<SfgeKind>& choices<SfgeKind>() {
    static const Choices<SfgeKind> all{{"none", SfgeKind::none},
                                       {"gradient", SfgeKind::gradient},
                                       {"iterative", SfgeKind::iterative},
                                       {"sign_flip", SfgeKind::sign_flip},
                                       {"random", SfgeKind::random}};
    return all;
}
template <> const Choices<TunedPart>& choices<TunedPart>() {
    static const Choices<TunedPart> all{{"all", TunedPart::all}, {"outputs", TunedPart::outputs}};
    return all;
}
template <> const Choices<Optimiser>& choices<Optimiser>() {
    static const Choices<Optimiser> all{{"adamw", Optimiser::adamw}, {"sgd", Optimiser::sgd}};
    return all;
}
template <> const Choices<TuneGoal>& choices<TuneGoal>() {
    static const Choices<TuneGoal> all{{"labels", TuneGoal::labels}, {"network", TuneGoal::network}};
    return all;
}
template <> const Choices<OutputScale>& choices<OutputScale>() {
    static const Choices<OutputScale> all{{"trained", OutputScale::trained},
                                          {"re_estimated", OutputScale::re_estimated}};
    return all;
}
template <> const Choices<MapOrder>& choices<MapOrder>() {
    static const Choices<MapOrder> all{{"consecutive", MapOrder::consecutive}, {"matched", MapOrder::matched}};
    return all;
}
template <> const Choices<CellChoice>& choices<CellChoice>() {
    static const Choices<CellChoice> all{{"random", CellChoice::random},
                                         {"stream_aware", CellChoice::stream_aware},
                                         {"output_aware", CellChoice::output_aware}};
    return all;
}
template <> const Choices<SolverKind>& choices<SolverKind>() {
    static const Choices<SolverKind> all{{"exact", SolverKind::exact}, {"fast", SolverKind::fast}};
    return all;
}
template <> const Choices<ConverterKind>& choices<ConverterKind>() {
    static const Choices<ConverterKind> all{{"sign_bit", ConverterKind::sign_bit}, {"lfsr", ConverterKind::lfsr}};
    return all;
}
template <> const Choices<AdcOverflow>& choices<AdcOverflow>() {
    static const Choices<AdcOverflow> all{{"saturate", AdcOverflow::saturate}, {"truncate", AdcOverflow::truncate}};
    return all;
}
template <> const Choices<SignMode>& choices<SignMode>() {
    static const Choices<SignMode> all{{"public", SignMode::public_signs}, {"masked", SignMode::masked}};
    return all;
}
template <> const Choices<MaskGenerator>& choices<MaskGenerator>() {
    static const Choices<MaskGenerator> all{
        {"trivium", MaskGenerator::trivium}, {"aes_ctr", MaskGenerator::aes_ctr}, {"lfsr", MaskGenerator::lfsr}};
    return all;
}
template <> const Choices<KeyScope>& choices<KeyScope>() {
    static const Choices<KeyScope> all{
        {"network", KeyScope::network}, {"layer", KeyScope::layer}, {"crossbar", KeyScope::crossbar}};
    return all;
}
template <> const Choices<ColourOrder>& choices<ColourOrder>() {
    static const Choices<ColourOrder> all{{"rgb", ColourOrder::rgb}, {"bgr", ColourOrder::bgr}};
    return all;
}
template <> const Choices<Fidelity>& choices<Fidelity>() {
    static const Choices<Fidelity> all{
        {"functional", Fidelity::functional}, {"lt", Fidelity::lt}, {"cycle", Fidelity::cycle}};
    return all;
}
template <> const Choices<Topology>& choices<Topology>() {
    static const Choices<Topology> all{
        {"lenet5", Topology::lenet5}, {"resnet20", Topology::resnet20}, {"network", Topology::network}};
    return all;
}
template <> const Choices<ResPolicy>& choices<ResPolicy>() {
    static const Choices<ResPolicy> all{
        {"per_layer", ResPolicy::per_layer}, {"prefetch", ResPolicy::prefetch}, {"resident", ResPolicy::resident}};
    return all;
}

template <> const Choices<Implementation>& choices<Implementation>() {
    static const Choices<Implementation> all{
        {"systemc", Implementation::systemc}, {"cycle", Implementation::cycle}, {"rtl", Implementation::rtl}};
    return all;
}

template <> const Choices<DramKind>& choices<DramKind>() {
    static const Choices<DramKind> all{
        {"costs", DramKind::costs}, {"ddr4_2400", DramKind::ddr4_2400}, {"lpddr4_3200", DramKind::lpddr4_3200}};
    return all;
}
template <> const Choices<DramMapping>& choices<DramMapping>() {
    static const Choices<DramMapping> all{{"row_bank_group_column", DramMapping::row_bank_group_column},
                                          {"row_bank_column_group", DramMapping::row_bank_column_group}};
    return all;
}

template <> const Choices<SharedContents>& choices<SharedContents>() {
    static const Choices<SharedContents> all{{"bit_planes", SharedContents::bit_planes},
                                             {"cells", SharedContents::cells}};
    return all;
}
template <> const Choices<Padding>& choices<Padding>() {
    static const Choices<Padding> all{{"ignored", Padding::ignored}, {"zeros", Padding::zeros}};
    return all;
}
template <> const Choices<ClusterDistance>& choices<ClusterDistance>() {
    static const Choices<ClusterDistance> all{{"hamming", ClusterDistance::hamming},
                                              {"flipped", ClusterDistance::flipped}};
    return all;
}

static void fields(FieldVisitor& v, InputFormat& c) {
    v.reals("mean", c.mean, "per channel; a byte x becomes (x / 255 - mean) / std; empty: 0");
    v.reals("std", c.std, "per channel; empty: 1");
}

static void fields(FieldVisitor& v, DataConfig& c) {
    v.choice("source", c.source, "`digits` are drawn by the program itself; the others are read from `path`");
    v.path("path", c.path, "folder with the data set's files, for every source but `digits`");
    v.integer("images", c.images, {1, 1'000'000}, "generated digits of each split; data sets have their own size");
    v.seed("seed", c.seed, "of the generated digits");
    v.integer(
        "resize", c.picture.resize, {0, 4096},
        "`imagenet`: pixels of a picture's shorter side after scaling, 256 for the pictures as they are handed out; "
        "0: as it is");
    v.integer("crop", c.picture.crop, {1, 1024}, "`imagenet`: pixels of the square that is cut from the middle");
    v.choice("colours", c.picture.order, "`imagenet`: order of the channels");
}

static void fields(FieldVisitor& v, QuantConfig& c) {
    v.choice("weights", c.weights, "one scale per output channel or per tensor");
    v.choice("activations", c.activations,
             "the scale of a layer's input: its largest value, or a percentile of its values");
    v.real("percentile", c.percentile, {50, 100}, "for `activations: percentile`");
    v.integer(
        "activation_bits", c.activation_bits, {2, 8},
        "levels are multiples of 2^(8 - bits): the fewer there are, the better cells can be fitted to their streams");
    v.integer("calibration_images", c.calibration_images, {1, 1'000'000},
              "training images that the scales are taken from");
    v.choice(
        "outputs", c.outputs,
        "scale and bias of each output: as `trained`, or `re_estimated` after mapping, such that mean and deviation "
        "over the calibration images are those of the float network; a `network.tuned` whose outputs alone were tuned "
        "(`tune.part`) brings its own");
}

static void fields(FieldVisitor& v, ArrayGeometry& c) {
    v.integer("rows", c.rows, {2, 512}, "physical bit lines; even: two rows make a pair");
    v.integer("cols", c.cols, {256, 256}, "word lines = bits of a stream: 8-bit levels need 256");
    v.integer("segment", c.segment, {1, 256}, "neighbouring cells of a row that switch together; divides `cols`");
}

static void fields(FieldVisitor& v, MapConfig& c) {
    v.choice(
        "scheme", c.scheme,
        "`paper`: bit-line sharing as published; `balanced`: a vector for every slot and signed lines, always with "
        "stream-aware cells");
    v.choice("order", c.order,
             "which inputs share a crossbar: `consecutive` ones, as published, or `matched` so that bit-line sharing "
             "fits best");
    v.choice("solver", c.solver, "`exact`: integer programme (CBC), the reference; `fast`: search");
    v.choice("cells", c.cells,
             "which cells of a segment are on: `random`; `stream_aware`: fitted to the streams and levels that occur, "
             "product "
             "by product; `output_aware`: then to whole outputs, on samples of inputs as they occur together; takes "
             "minutes");
    v.integer("n", c.n, {1, 32}, "a crossbar holds 2n slots: with n secret GSL vectors, or 2n in the balanced scheme");
    v.integer("pixel_slots", c.pixel_slots, {0, 64},
              "slots in use of the crossbars that see the network's input, whose levels are the most varied; 0: all");
    v.choice("profile", c.profile,
             "of the balanced scheme: `accurate`, or `hardened`: the cells' statistics do not show the vectors");
    v.real("sigma", c.sigma, {0, 127},
           "counts, balanced scheme: root mean square of the lines' deviation from 128; 0: the profile's");
    v.real("spread", c.spread, {0, 10},
           "balanced scheme: what differences between the two segments of a column are worth beside precise products; "
           "0: the profile's");
}

static void fields(FieldVisitor& v, ConverterConfig& c) {
    v.choice("kind", c.kind, "how a level becomes a stream");
    v.integer("lfsr_seed", c.lfsr_seed, {0, 255}, "first state of the LFSR");
}

static void fields(FieldVisitor& v, AdcConfig& c) {
    v.integer("bits", c.bits, {1, 16}, "resolution; 8 hold every count");
    v.choice("overflow", c.overflow, "what a count beyond the largest code becomes");
}

static void fields(FieldVisitor& v, KeyConfig& c) {
    v.choice("scope", c.scope, "what shares one set of GSL vectors");
    v.seed("seed", c.seed,
           "the secrets are drawn from it: for experiments, without `root_key_file` whoever has it has the keys");
    v.path("root_key_file", c.root_key_file,
           "64 hexadecimal digits: the root key, under which the secrets are drawn too; empty: all comes from `seed`");
    v.integer("version", c.version, {1, 4'294'967'295}, "of the image; a device refuses an older one than it has seen");
}

static void fields(FieldVisitor& v, CycleConfig& c) {
    v.texts("layers", c.layers,
            "names of layers whose crossbars are simulated clock by clock in `fidelity: lt`; with a range, such as "
            "`conv1 0..99`, at these positions alone");
    v.time("clock", c.clock, "period of the tile's clock");
}

static void fields(FieldVisitor& v, ResConfig& c) {
    v.choice("policy", c.policy,
             "`per_layer`: only the layer being computed is clear; `prefetch`: the next one is unlocked meanwhile; "
             "`resident`: every layer is clear from boot to power-off");
    v.integer("batch", c.batch, {1, 4096}, "images that go through a layer between its unlock and its lock");
    v.energy("hold_up", c.hold_up,
             "what a capacitor holds for writing flipped signs back after a power cut; 0 fJ: the rail falls at once");
}

static void implementation(FieldVisitor& v, Implementation& c) {
    v.choice(
        "impl", c,
        "what the block is made of where there is a platform: `systemc`: a module that looks at transactions only; "
        "`cycle`: a model behind pins, clock by clock; `rtl`: its twin in SystemVerilog, checked against that model "
        "(docs/cosim.md)");
}

static void fields(FieldVisitor& v, Sharing& c) {
    v.integer("converter", c.converter, {1, 4096}, "neighbouring crossbars that share a converter to streams");
    v.integer("adcs", c.adcs, {1, 4096}, "neighbouring crossbars that share their ADCs and accumulators");
    v.flag("broadcast", c.broadcast,
           "crossbars that see the same input, for other outputs, take one stream of their converter");
    v.integer("tile", c.tile, {0, 1'000'000},
              "crossbars of a tile, beyond which nothing is shared; 0: as many as a layer needs");
}

static void fields(FieldVisitor& v, PowerChoice& c) {
    v.time("ride_through", c.ride_through, "dips of power_good that are shorter do not reach the rail");
    v.time("remanence", c.remanence,
           "for which volatile memories keep their content after the rail has fallen; above 0 the boot zeroises them "
           "before anything else");
}

static void fields(FieldVisitor& v, DramChoice& c) {
    v.choice(
        "kind", c.kind,
        "where time and energy of the external memory come from: `costs` of the table, an access and its bursts, or "
        "a DRAM channel with banks, scheduler and refresh (docs/dram.md)");
    v.choice("mapping", c.mapping, "parts of an address from its upper end, for a DRAM channel");
    v.flag("refresh", c.refresh, "of a DRAM channel");
}

static void fields(FieldVisitor& v, DeviceConfig& c) {
    v.real("programming_sigma", c.programming_sigma, {0, 1},
           "standard deviation of an on cell's conductance, drawn once for each cell; 0.05 is 5 %");
    v.real("on_off_ratio", c.on_off_ratio, {0, 1e6},
           "conductance of on over that of off cells; 0: off cells conduct nothing");
    v.real("stuck_on", c.stuck_on, {0, 1}, "share of the cells that are on whatever was programmed");
    v.real("stuck_off", c.stuck_off, {0, 1}, "share of the cells that are off whatever was programmed");
    v.real("read_sigma", c.read_sigma, {0, 1},
           "standard deviation of a cell's conductance from read to read; `functional` only");
    v.real("drift", c.drift, {0, 1}, "exponent v of drift: conductances go as (seconds since programming)^-v");
    v.real("drift_sigma", c.drift_sigma, {0, 10}, "standard deviation of v from cell to cell, over v");
    v.real("drift_seconds", c.drift_seconds, {1, 1e10}, "since programming; 1: nothing has drifted yet");
    v.real("ir_drop", c.ir_drop, {0, 1},
           "share of the conductance that the cells farthest from the converters lose, falling linearly to 0 at the "
           "nearest ones: an approximation that does not know what other cells draw");
    v.real("adc_offset", c.adc_offset, {0, 255},
           "counts: standard deviation of the converters' offsets, drawn once for each row pair");
    v.real("adc_noise", c.adc_noise, {0, 255}, "counts: standard deviation of a conversion; `functional` only");
    v.seed("seed", c.seed, "of one chip: another seed is another chip");
}
static void fields(FieldVisitor& v, PirateConfig& c) {
    v.integer("seeds", c.seeds, {1, 1000}, "guesses per variant");
    v.integer("images", c.images, {1, 1'000'000}, "test images per guess, at most as many as are run");
}

static void fields(FieldVisitor& v, SfgeConfig& c) {
    v.choice("kind", c.kind,
             "which weights change at rest: `gradient`: those of the largest gradients, by eps; `iterative`: one a "
             "tensor and "
             "round, gradients anew each time; `sign_flip`: the signs that matter most, the only kind for `run` and "
             "`compile`; `random`: anywhere, the control");
    v.integer("most", c.count.most, {1, 100'000}, "weights of each conv and dense tensor");
    v.flag("cap", c.count.cap, "never more than a thousandth of a tensor, so that small ones get few or none");
    v.real("eps", c.strength.eps, {0, 1000}, "by how much a weight moves; sign flips have none");
    v.flag("relative", c.strength.relative, "`eps` counts in standard deviations of the tensor's weights");
    v.integer("images", c.images, {1, 1'000'000}, "training images that gradients are taken on");
}

static void fields(FieldVisitor& v, Augment& c) {
    v.real("rotate", c.rotate, {0, 180}, "degrees");
    v.real("shift", c.shift, {0, 64}, "pixels, in both directions");
    v.real("scale", c.scale, {0, 0.9}, "share of the size");
    v.real("shear", c.shear, {0, 0.9}, "share of the size");
    v.flag("mirror", c.mirror, "half of the images, left to right");
}

static void fields(FieldVisitor& v, TuningConfig& tuning) {
    TuneConfig& c = tuning.tune;
    v.integer("digits", tuning.digits, {0, 1'000'000}, "generated digits that join the training images");
    v.choice("part", c.part,
             "what is learned: `all` weights and biases, or the scale and bias of the `outputs`, which leaves the "
             "cells alone");
    v.choice("goal", c.goal,
             "what the logits are to come close to: the `labels`, or what the float `network` makes of the images");
    v.integer("epochs", c.epochs, {1, 10'000}, "passes over the training images");
    v.integer("batch", c.batch, {1, 65'536}, "images per step");
    v.real("learning_rate", c.learning_rate, {0, 10}, "of Adam at the start; falls to 0 along half a cosine");
    v.integer("resolve_every", c.resolve_every, {1, 1'000'000}, "steps between two mappings of the moving weights");
    v.real("pull", c.pull, {0, 1}, "share by which every mapping moves the weights towards those that it realised");
    v.real("validation_share", c.validation_share, {0, 0.9},
           "share of the training images held back to choose the best mapping");
    v.seed("seed", c.seed, "of held-back images, order and random changes");
    v.section("augment", c.augment,
              "Random changes of a training image each time it is seen, each amount in [-x, +x].");
}

static void fields(FieldVisitor& v, TrainingConfig& c) {
    v.choice("topology", c.topology,
             "`lenet5`, `resnet20`: the built-in ones; `network`: that of `network.path`, its weights drawn anew");
    v.integer("digits", c.digits, {0, 1'000'000}, "generated digits that join the training images");
    v.choice("optimiser", c.train.optimiser,
             "`adamw`: Adam with decoupled weight decay; `sgd`: gradient descent with Nesterov's momentum of 0.9");
    v.integer("epochs", c.train.epochs, {1, 10'000}, "passes over the training images");
    v.integer("batch", c.train.batch, {1, 65'536}, "images per step");
    v.real("learning_rate", c.train.learning_rate, {0, 10}, "at the start; falls to 0 along half a cosine");
    v.real("weight_decay", c.train.weight_decay, {0, 1}, "share of a weight that a step at rate 1 takes away");
    v.real("validation_share", c.train.validation_share, {0, 0.9},
           "share of the training images held back to choose the best epoch");
    v.seed("seed", c.train.seed, "of first weights, held-back images, order and random changes");
    v.section("augment", c.train.augment,
              "Random changes of a training image each time it is seen, each amount in [-x, +x].");
}

static void fields(FieldVisitor& v, ClsConfig& c) {
    v.choice(
        "contents", c.contents,
        "what shares: `bit_planes` of 8-bit weights on ISAAC cells, or the `cells` of the compiled 1T4R crossbars");
    v.real("ratio", c.ratio, {0, 1}, "crossbars left for each crossbar of the planes that share; 1: none is shared");
    v.reals("plane_ratios", c.plane_ratios,
            "instead of `ratio`, one for each plane, the highest first; planes then share among themselves; empty: "
            "`ratio` for all of them together");
    v.integer("planes", c.planes, {1, kPlanes}, "the lowest planes, which share; the others keep their crossbars");
    v.integer("crossbar", c.crossbar, {1, 4096}, "`bit_planes`: rows and columns of a crossbar");
    v.integer("place_rounds", c.place_rounds, {0, 1000},
              "`cells`: how often the ones of every segment move to where the shared crossbar has them; 0: they stay");
    v.choice("padding", c.share.cluster.padding,
             "cells of a crossbar that hold no weight: `ignored` by clusters and flips, or `zeros` like any others");
    v.choice("distance", c.share.cluster.distance,
             "`hamming`: bits that differ, as published; `flipped`: bits that differ after the best flips of rows");
    v.integer("rounds", c.share.cluster.rounds, {0, 1000}, "of the clustering, at most");
    v.flag("flip", c.share.flip, "flip rows and columns");
    v.seed("seed", c.seed, "of the first centroids");
}

static void fields(FieldVisitor& v, CalibrateConfig& c) {
    v.integer("images", c.images, {1, 1'000'000}, "training images, at most as many as there are");
    v.integer("batch", c.batch, {1, 65'536}, "images that are normalised together");
    v.integer("shift", c.shift, {0, 64},
              "pixels that each image is moved by at most, in both directions: as the network was trained");
    v.flag("mirror", c.mirror, "half of the images, left to right");
    v.seed("seed", c.seed, "of the moves");
}

static void fields(FieldVisitor& v, TraceConfig& c) {
    v.flag("vcd", c.vcd, "record the waveform of one inference");
    v.flag(
        "secrets", c.secrets,
        "let secret signals into the waveform, and record what is inside RTL in a file of its own; the report says so");
    v.texts("select", c.select,
            "only signals whose whole name one of these patterns fits, such as `*.res.*` or `*.crossbar_?.pipeline.*`; "
            "empty: all");
    v.time("from", c.from, "simulated time at which recording begins");
    v.time("to", c.to, "simulated time at which recording ends; 0 ns: with the run");
    v.integer("image", c.image, {0, 999'999}, "index of the test image whose inference is recorded");
}

static void network_fields(FieldVisitor& v, RunConfig& c) {
    v.path("path", c.network.path, required("ONNX file of the trained network, the baseline of every comparison"));
    v.path("tuned", c.network.tuned,
           "ONNX file of the same network fine-tuned for the mapping (`veilram tune`); compiled instead of `path`");
    v.section("input", c.compile.input, "How the bytes of an image become the network's input.");
}

/// What is usually included.
static void tables(FieldVisitor& v, RunConfig& c) {
    v.optional_section("costs", c.costs,
                       "Time and energy of every event, each with its source: `{time: 50 ns, energy: 60 pJ, source: "
                       "..., basis: read, technology: 32 nm}`. "
                       "`basis` is `read` (stands so in the source), `derived` (computed from it) or `assumed`. Needed "
                       "by every fidelity with time; usually included from a table.");
    v.optional_section("components", c.components,
                       "Area and leakage of the protected chip's parts, one of each, for `veilram explore`, each with "
                       "its source; usually included from a table.");
    v.optional_section("isaac", c.isaac,
                       "The unprotected baseline of `veilram explore`: power and area of its components, group totals, "
                       "each with its source; usually included from a table.");
}

void fields(FieldVisitor& v, RunConfig& c) {
    CompileConfig& compile = c.compile;
    v.seed("seed", compile.seed, "of everything random that is not a secret");
    v.integer("threads", c.threads, {0, 1024}, "cores that the simulator uses; 0: all. Changes no result");
    v.choice(
        "fidelity", c.fidelity,
        "`functional`: arithmetic only; `lt`: the SystemC platform, loosely timed; `cycle`: crossbars clock by clock");
    v.choice("signs", compile.signs.mode,
             "`public`: sign bits are stored as they are, as published; `masked`: encrypted with a keystream");
    v.group("sign_mask", "The keystream of `signs: masked`.", [&] {
        v.choice("generator", compile.signs.generator,
                 "`lfsr` is the weak example: linear, recovered from a few known bits");
    });
    v.group("network", required("The network and its input."), [&] { network_fields(v, c); });
    v.section("data", c.data, "Where images come from.");
    v.section("quant", compile.quant, "How weights and activations become 8-bit levels.");
    v.section("crossbar", compile.array, "Size of the 1T4R crossbars.");
    v.section("map", compile.map, "How weights become cells.");
    v.group("converter", "Binary-to-stream conversion.", [&] {
        fields(v, compile.converter);
        implementation(v, c.implementations.converter);
    });
    v.group("gsl", "The GSL selector.", [&] { implementation(v, c.implementations.gsl); });
    v.section("adc", compile.adc, "The converters at the bit lines.");
    v.section("device", c.device,
              "How far the cells are from ideal ones (docs/model.md, section 13). The default is ideal.");
    v.section("keys", compile.keys, "Secrets and their seal.");
    v.section("cycle", c.cycle, "What is simulated clock by clock.");
    v.group("res", "The runtime encryption scheduler.", [&] {
        fields(v, c.res);
        implementation(v, c.implementations.res);
    });
    v.section("sharing", c.sharing,
              "What crossbars of a layer share, for `veilram explore` and the platform in `lt` (docs/isaac.md).");
    v.section("power", c.power, "The rail, for `fidelity: lt` and `cycle`.");
    v.section("dram", c.dram, "The external memory, for `fidelity: lt`.");
    v.section("pirate", c.pirate, "The thief who reads the same cells without the secrets.");
    v.section("sfge", c.sfge,
              "Sparse fast gradient encryption (docs/model.md, section 7): a few weights that are wrong at rest.");
    v.section("tune", c.tuning, "Fine-tuning with the mapping in the loop (`veilram tune`).");
    v.section("train", c.training, "Training from scratch (`veilram train`).");
    v.section("cls", c.cls, "Crossbar-level sharing (`veilram share`).");
    v.section("calibrate", c.calibrate,
              "Forward passes that give batch norms their statistics (`veilram calibrate`, `veilram share`).");
    v.section("trace", c.trace, "The waveform.");
    v.texts(
        "scenario", c.scenario,
        "steps of `veilram scenario`, in order: `power_on`, `boot`, `infer IMAGE`, `power_off`, `power_cut [WHEN]`, "
        "`brown_out TIME [WHEN]`, `wait TIME`, `tamper memory BYTE [WHEN]`, `tamper cell CROSSBAR ROW COLUMN "
        "[WHEN]`, `tamper sign CROSSBAR ROW COLUMN [WHEN]`, `dump`, `recover` (power on and boot); WHEN is `WHAT "
        "after TIME` or `WHAT at STATE [LAYER]`, WHAT is `boot`, `infer IMAGE` or `power_off`: it is started, and "
        "at that moment the step happens");
    tables(v, c);
}

} // namespace veilram
