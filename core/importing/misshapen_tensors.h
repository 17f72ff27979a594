#pragma once

#include "importing/model_import.h"
#include "tensorfile/tensor_source.h"

#include <string>
#include <utility>
#include <vector>

namespace livegloss::importing {

/// Tensors whose shape is not that of the network: told in one line, whatever their number.
class MisshapenTensors {
public:
    void add(const tensorfile::SourceTensor& found, const tensorfile::Shape& wanted) {
        if (count_++ == 0) {
            first_ = {Remark::Kind::WrongShape,     found.name, 0, 0, tensorfile::shapeText(found.shape),
                      tensorfile::shapeText(wanted)};
        }
    }
    /// `backbone`: the file that was joined, which is the wrong one then; empty for none.
    void report(const std::string& backbone, std::vector<Remark>& problems) {
        if (count_ == 0) {
            return;
        }
        if (!backbone.empty()) {
            problems.push_back({Remark::Kind::OtherBackbone, backbone, count_});
        }
        first_.count = count_ - 1;
        problems.push_back(std::move(first_));
    }

private:
    Remark first_;
    std::int64_t count_ = 0;
};

} // namespace livegloss::importing
