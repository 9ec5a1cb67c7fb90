#include "models/mapping/leakage.hpp"

#include <Eigen/Dense>

#include <algorithm>

namespace veilram {
namespace {

int ones_in(const Word* row, int first, int count) {
    int ones = 0;
    for (int i = first; i < first + count; ++i) ones += get_bit(row, static_cast<std::size_t>(i)) ? 1 : 0;
    return ones;
}

/// [segments][vectors], +1 where a vector connects the upper segment, -1 for the lower one.
Eigen::MatrixXd signs_of(const GslVectors& vectors, int segments) {
    Eigen::MatrixXd signs(segments, vectors.count());
    for (int i = 0; i < vectors.count(); ++i)
        for (int j = 0; j < segments; ++j) {
            const GslVector& vector = vectors.vectors[static_cast<std::size_t>(i)];
            signs(j, i) = get_bit(vector.data(), static_cast<std::size_t>(j)) ? 1.0 : -1.0;
        }
    return signs;
}

} // namespace

LeakageMeter::LeakageMeter(const ArrayGeometry& array)
    : array_(array), moments_(static_cast<std::size_t>(array.segments()) * static_cast<std::size_t>(array.segments())) {
}

void LeakageMeter::add(const BitMatrix& cells, int pairs) {
    Eigen::MatrixXd differences(array_.segments(), pairs);
    for (int p = 0; p < pairs; ++p) {
        const Word* upper = cells.row(static_cast<std::size_t>(2 * p));
        const Word* lower = cells.row(static_cast<std::size_t>(2 * p + 1));
        for (int j = 0; j < array_.segments(); ++j) {
            const int first = j * array_.segment;
            differences(j, p) = ones_in(upper, first, array_.segment) - ones_in(lower, first, array_.segment);
        }
    }
    Eigen::Map<Eigen::MatrixXd>(moments_.data(), array_.segments(), array_.segments()) +=
        differences * differences.transpose();
    row_pairs_ += pairs;
}

Leakage LeakageMeter::against(const GslVectors& vectors) const {
    const Eigen::MatrixXd signs = signs_of(vectors, array_.segments());
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(signs);
    const Eigen::Index dimensions = qr.rank();
    const Eigen::MatrixXd span =
        Eigen::MatrixXd(qr.householderQ()).leftCols(dimensions); // an orthonormal basis of the secret subspace
    Leakage leakage;
    leakage.chance = static_cast<double>(dimensions) / array_.segments();
    leakage.row_pairs = row_pairs_;
    const Eigen::Map<const Eigen::MatrixXd> moments(moments_.data(), array_.segments(), array_.segments());
    const double energy = moments.trace();
    if (energy <= 0.0) return leakage;
    leakage.energy_ratio = (signs.transpose() * moments * signs).trace() / (vectors.count() * energy);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> components(moments); // in ascending order
    const Eigen::Index leading = std::min<Eigen::Index>(dimensions, row_pairs_);
    leakage.overlap =
        (span.transpose() * components.eigenvectors().rightCols(leading)).squaredNorm() / static_cast<double>(leading);
    return leakage;
}

} // namespace veilram
