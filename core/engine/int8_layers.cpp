#include "int8_layers.h"

#include "kernels/int8_linear.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace livegloss::engine {
namespace {

using kernels::Linear;
using kernels::LinearSpec;

std::unique_ptr<const Linear> int8Layer(const model::Quantisation& scales, const std::string& name,
                                        const LinearSpec& spec, std::span<const float> weights,
                                        std::span<const float> bias) {
    const auto found = scales.layers.find(name);
    if (found == scales.layers.end() || found->second.keepF32) {
        return nullptr;
    }
    const kernels::InstructionSet set = kernels::usableInstructionSet();
    return kernels::makeInt8Linear(spec, weights, bias, {found->second.low, found->second.high},
                                   kernels::int8Levels(set), kernels::bestInt8Backend(set));
}

/// Runs a layer in f32 after telling what it reads.
class ObservedLinear final : public Linear {
public:
    ObservedLinear(std::string name, std::unique_ptr<const Linear> layer, std::shared_ptr<RangeRecord> record)
        : Linear(layer->spec()), name_(std::move(name)), layer_(std::move(layer)), record_(std::move(record)) {}
    std::size_t bytes() const override { return layer_->bytes(); }

    void run(const void* source, int rows, int sourceStride, void* destination,
             kernels::Workspace& space) const override {
        float low = 0.0F;
        float high = 0.0F;
        for (int row = 0; row < rows; ++row) {
            const float* const values =
                static_cast<const float*>(source) + static_cast<std::size_t>(row) * strideOf(sourceStride);
            const auto [least, most] = std::minmax_element(values, values + spec().inputs);
            low = std::min(low, *least);
            high = std::max(high, *most);
        }
        record_->add(name_, low, high);
        layer_->run(source, rows, sourceStride, destination, space);
    }

private:
    std::string name_;
    std::unique_ptr<const Linear> layer_;
    std::shared_ptr<RangeRecord> record_;
};

/// Runs a layer in f32, and in 8 bits beside it.
class ComparedLinear final : public Linear {
public:
    ComparedLinear(std::string name, std::unique_ptr<const Linear> exact, std::unique_ptr<const Linear> rounded,
                   std::shared_ptr<ErrorRecord> record)
        : Linear(exact->spec()),
          name_(std::move(name)),
          exact_(std::move(exact)),
          rounded_(std::move(rounded)),
          record_(std::move(record)) {}
    std::size_t bytes() const override { return exact_->bytes() + rounded_->bytes(); }

    void run(const void* source, int rows, int sourceStride, void* destination,
             kernels::Workspace& space) const override {
        const auto count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(spec().outputs);
        float* const result = static_cast<float*>(destination);
        std::vector<float> other(result, result + count); // what an accumulating layer adds to
        rounded_->run(source, rows, sourceStride, other.data(), space);
        exact_->run(source, rows, sourceStride, destination, space);
        double difference = 0.0;
        double norm = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            const double exact = static_cast<double>(result[i]);
            difference += (static_cast<double>(other[i]) - exact) * (static_cast<double>(other[i]) - exact);
            norm += exact * exact;
        }
        record_->add(name_, difference, norm);
    }

private:
    std::string name_;
    std::unique_ptr<const Linear> exact_, rounded_;
    std::shared_ptr<ErrorRecord> record_;
};

} // namespace

Result<Arranged> arrangementOf(ComputeRequest request, Result<std::optional<model::Quantisation>> scales) {
    const bool known = scales && scales->has_value();
    const bool checked = known && (*scales)->check && (*scales)->check->passed();
    Arranged arranged{chooseCompute(request, checked), {}};
    if (arranged.choice.precision != Precision::Int8) {
        return arranged;
    }
    if (!scales) {
        return tl::unexpected(scales.error());
    }
    if (!known) {
        return failure(ErrorCode::Unsupported, "the model has no int8 scales",
                       "Make a model with them: livegloss-cli quantize --model MODEL --calibration CLIPS --output "
                       "MODEL8");
    }
    arranged.maker = int8Maker(std::move(**scales));
    return arranged;
}

LayerMaker int8Maker(model::Quantisation scales) {
    return [scales = std::move(scales)](const std::string& name, const LinearSpec& spec, std::span<const float> weights,
                                        std::span<const float> bias, kernels::Backend /*f32*/) {
        return int8Layer(scales, name, spec, weights, bias);
    };
}

LayerMaker RangeRecord::maker(std::shared_ptr<RangeRecord> record) {
    return [record = std::move(record)](const std::string& name, const LinearSpec& spec, std::span<const float> weights,
                                        std::span<const float> bias, kernels::Backend backend) {
        return std::make_unique<const ObservedLinear>(name, kernels::makeLinear(spec, weights, bias, backend), record);
    };
}

void RangeRecord::add(const std::string& name, float low, float high) {
    const std::scoped_lock lock(mutex_);
    model::LayerRange& range = ranges_[name];
    range.low = std::min(range.low, low);
    range.high = std::max(range.high, high);
}

std::map<std::string, model::LayerRange, std::less<>> RangeRecord::ranges() const {
    const std::scoped_lock lock(mutex_);
    return ranges_;
}

LayerMaker ErrorRecord::maker(std::shared_ptr<ErrorRecord> record, model::Quantisation scales) {
    return [record = std::move(record), scales = std::move(scales)](
               const std::string& name, const LinearSpec& spec, std::span<const float> weights,
               std::span<const float> bias, kernels::Backend backend) -> std::unique_ptr<const Linear> {
        auto rounded = int8Layer(scales, name, spec, weights, bias);
        if (!rounded) {
            return nullptr;
        }
        return std::make_unique<const ComparedLinear>(name, kernels::makeLinear(spec, weights, bias, backend),
                                                      std::move(rounded), record);
    };
}

void ErrorRecord::add(const std::string& name, double difference, double norm) {
    const std::scoped_lock lock(mutex_);
    Sums& sums = sums_[name];
    sums.difference += difference;
    sums.norm += norm;
}

std::map<std::string, double, std::less<>> ErrorRecord::errors() const {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, double, std::less<>> errors;
    for (const auto& [name, sums] : sums_) {
        errors[name] = sums.norm > 0.0 ? std::sqrt(sums.difference / sums.norm) : 0.0;
    }
    return errors;
}

} // namespace livegloss::engine
