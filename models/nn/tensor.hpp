// A dense float tensor, row-major.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

using Shape = std::vector<std::int64_t>;

/// Product of the dimensions; 1 for a scalar.
std::int64_t element_count(const Shape& shape);
/// "1x28x28".
std::string to_string(const Shape& shape);

struct Tensor {
    Shape shape;
    std::vector<float> data;

    Tensor() = default;
    explicit Tensor(Shape s) : shape(std::move(s)), data(static_cast<std::size_t>(element_count(shape))) {}
    Tensor(Shape s, std::vector<float> d) : shape(std::move(s)), data(std::move(d)) {}

    std::int64_t dim(std::size_t i) const { return shape[i]; }
    std::size_t size() const { return data.size(); }
};

} // namespace veilram
