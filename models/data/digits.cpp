// Draws digits as a pen would: jittered knots, a smooth curve through them, a hand's distortion, a soft round nib.
#include "models/base/random.hpp"
#include "models/data/dataset.hpp"
#include "models/data/digit_strokes.hpp"

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

namespace veilram {
namespace {

constexpr int kSide = 28;
constexpr double kInkBox = 20.0; ///< the longer side of the ink, as in MNIST
constexpr int kStepsPerSpan = 8; ///< straight pieces between two knots

struct Point {
    double x, y;
};
/// A straight piece of a stroke, with the nib's radius at both ends.
struct Piece {
    Point from, to;
    double from_radius, to_radius;
};

double uniform(Rng& rng, double low, double high) {
    return boost::random::uniform_real_distribution<double>(low, high)(rng);
}
double normal(Rng& rng, double sigma) { return boost::random::normal_distribution<double>(0.0, sigma)(rng); }
std::size_t pick(Rng& rng, std::size_t count) {
    return boost::random::uniform_int_distribution<std::size_t>(0, count - 1)(rng);
}

/// Catmull-Rom: passes b at t = 0 and c at t = 1.
Point spline(Point a, Point b, Point c, Point d, double t) {
    const auto along = [t](double p, double q, double r, double s) {
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t * t * t);
    };
    return {along(a.x, b.x, c.x, d.x), along(a.y, b.y, c.y, d.y)};
}

using Curve = std::vector<Point>;

/// A smooth curve through knots [first, last] of one stroke without corners.
void append_curve(const Glyph& knots, std::size_t first, std::size_t last, Curve& curve) {
    const auto at = [&](std::size_t i) { return Point{knots[i].x, knots[i].y}; };
    for (std::size_t i = first; i < last; ++i) {
        const Point before = at(i == first ? i : i - 1);
        const Point after = at(i + 1 == last ? last : i + 2);
        for (int s = 0; s < kStepsPerSpan; ++s)
            curve.push_back(spline(before, at(i), at(i + 1), after, s / double(kStepsPerSpan)));
    }
    curve.push_back(at(last));
}

std::vector<Curve> trace(const Glyph& knots) {
    std::vector<Curve> strokes(1);
    std::size_t first = 0;
    for (std::size_t i = 0; i < knots.size(); ++i) {
        if (knots[i].turn == PenTurn::smooth) continue;
        append_curve(knots, first, i, strokes.back());
        first = knots[i].turn == PenTurn::corner ? i : i + 1;
        if (knots[i].turn == PenTurn::lift && first < knots.size()) strokes.emplace_back();
    }
    return strokes;
}

template <class Change> void for_each_point(std::vector<Curve>& strokes, Change change) {
    for (auto& stroke : strokes)
        for (auto& point : stroke) point = change(point);
}

/// A writer's hand: slow waves over the sheet, slant, rotation, and a width of its own.
void distort(std::vector<Curve>& strokes, Rng& rng) {
    const double wave = std::abs(normal(rng, 0.025)), wave_x = uniform(rng, 0, 6.28), wave_y = uniform(rng, 0, 6.28);
    const double pitch_x = uniform(rng, 3, 7), pitch_y = uniform(rng, 3, 7);
    const double slant = std::clamp(normal(rng, 0.22) + 0.12, -0.4, 0.6);
    const double turn = std::clamp(normal(rng, 0.09), -0.25, 0.25);
    const double width = std::clamp(0.95 + normal(rng, 0.13), 0.65, 1.3);
    for_each_point(strokes, [&](Point p) {
        const double x = width * (p.x - 0.4 + wave * std::sin(pitch_x * p.y + wave_x));
        const double y = p.y - 0.5 + wave * std::sin(pitch_y * p.x + wave_y);
        const double slanted = x - slant * y;
        return Point{std::cos(turn) * slanted - std::sin(turn) * y, std::sin(turn) * slanted + std::cos(turn) * y};
    });
}

/// Scales the ink to its box and puts its centre of mass near the middle of the image, never over the edge.
void place(std::vector<Curve>& strokes, double radius, Rng& rng) {
    Point low{1e9, 1e9}, high{-1e9, -1e9}, sum{0, 0};
    double points = 0;
    for_each_point(strokes, [&](Point p) {
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
        sum = {sum.x + p.x, sum.y + p.y};
        points += 1;
        return p;
    });
    const double extent = std::max(high.x - low.x, high.y - low.y);
    const double scale = (kInkBox * uniform(rng, 0.9, 1.0) - 2 * radius) / extent;
    const double margin = 1.2 + 1.25 * radius; // the widest nib and its soft edge
    const auto shift = [&](double centre, double least, double most) {
        const double wanted = kSide / 2.0 + std::clamp(normal(rng, 0.6), -1.5, 1.5) - scale * centre;
        return std::clamp(wanted, margin - scale * least, kSide - margin - scale * most);
    };
    const double dx = shift(sum.x / points, low.x, high.x), dy = shift(sum.y / points, low.y, high.y);
    for_each_point(strokes, [&](Point p) { return Point{scale * p.x + dx, scale * p.y + dy}; });
}

std::vector<Piece> ink(const std::vector<Curve>& strokes, double radius, Rng& rng) {
    std::vector<Piece> pieces;
    for (const auto& stroke : strokes) {
        const double taper = std::clamp(normal(rng, 0.12), -0.25, 0.25); // pressure grows or falls along the stroke
        const auto radius_at = [&](std::size_t i) {
            return radius * (1 + taper * (2.0 * double(i) / double(stroke.size()) - 1));
        };
        for (std::size_t i = 0; i + 1 < stroke.size(); ++i)
            pieces.push_back({stroke[i], stroke[i + 1], radius_at(i), radius_at(i + 1)});
    }
    return pieces;
}

/// How far `p` lies inside the nib's track; negative outside.
double depth(const Piece& piece, Point p) {
    const double dx = piece.to.x - piece.from.x, dy = piece.to.y - piece.from.y;
    const double length2 = dx * dx + dy * dy;
    const double t =
        length2 > 0 ? std::clamp(((p.x - piece.from.x) * dx + (p.y - piece.from.y) * dy) / length2, 0.0, 1.0) : 0.0;
    const double distance = std::hypot(p.x - piece.from.x - t * dx, p.y - piece.from.y - t * dy);
    return piece.from_radius + t * (piece.to_radius - piece.from_radius) - distance;
}

/// `softness` is the width of the grey edge in pixels, `peak` the grey level of full ink.
void rasterise(const std::vector<Piece>& pieces, double softness, double peak, std::uint8_t* image) {
    std::array<double, kSide * kSide> deepest;
    deepest.fill(-kSide);
    for (const auto& piece : pieces) {
        const double reach = std::max(piece.from_radius, piece.to_radius) + softness;
        const auto first = [&](double a, double b) { return std::max(0, int(std::floor(std::min(a, b) - reach))); };
        const auto last = [&](double a, double b) {
            return std::min(kSide - 1, int(std::ceil(std::max(a, b) + reach)));
        };
        for (int y = first(piece.from.y, piece.to.y); y <= last(piece.from.y, piece.to.y); ++y)
            for (int x = first(piece.from.x, piece.to.x); x <= last(piece.from.x, piece.to.x); ++x) {
                double& best = deepest[static_cast<std::size_t>(y * kSide + x)];
                best = std::max(best, depth(piece, {x + 0.5, y + 0.5}));
            }
    }
    for (std::size_t i = 0; i < deepest.size(); ++i) {
        const double t = std::clamp(deepest[i] / softness + 0.5, 0.0, 1.0);
        image[i] = static_cast<std::uint8_t>(std::lround(peak * t * t * (3 - 2 * t))); // smooth step
    }
}

void draw_digit(int digit, Rng& rng, std::uint8_t* image) {
    const auto& ways = glyphs_of(digit);
    Glyph glyph = ways[pick(rng, ways.size())];
    const double jitter = uniform(rng, 0.01, 0.036);
    for (auto& knot : glyph) knot = {knot.x + normal(rng, jitter), knot.y + normal(rng, jitter), knot.turn};
    const double radius = std::clamp(1.3 + normal(rng, 0.32), 0.7, 2.2);
    auto strokes = trace(glyph);
    distort(strokes, rng);
    place(strokes, radius, rng);
    const auto pieces = ink(strokes, radius, rng);
    const double softness = uniform(rng, 1.0, 1.9);
    rasterise(pieces, softness, uniform(rng, 215, 255), image);
}

/// Every ten images hold every digit once, in a shuffled order.
int label_of(std::uint64_t seed, const std::string& split, std::size_t i) {
    Rng rng = make_rng(seed, "digits/" + split + "/labels/" + std::to_string(i / 10));
    std::array<int, 10> order{};
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[pick(rng, left)]);
    return order[i % 10];
}

} // namespace

Dataset generate_digits(std::uint64_t seed, Split split, std::size_t count) {
    const std::string name = split == Split::train ? "train" : "test";
    Dataset data;
    data.shape = {1, kSide, kSide};
    data.pixels.resize(count * kSide * kSide);
    for (std::size_t i = 0; i < count; ++i) {
        Rng rng = make_rng(seed, "digits/" + name + "/image/" + std::to_string(i));
        data.labels.push_back(label_of(seed, name, i));
        draw_digit(data.labels.back(), rng, data.pixels.data() + i * kSide * kSide);
    }
    return data;
}

} // namespace veilram
