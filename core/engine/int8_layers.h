#pragma once

#include "base/result.h"
#include "engine/compute.h"
#include "engine/loaded_model.h"
#include "model/quantisation.h"

#include "layer_maker.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace livegloss::engine {

/// Scales that are not for the network they come with, found while its layers are made.
class UnusableScales : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What runs a model, and who makes its large layers.
struct Arranged {
    ComputeChoice choice;
    LayerMaker maker;
};
/// For `request`, of a model whose file says `scales` about 8 bits (an error: it says what cannot be used, which
/// matters only where int8 was asked for). Unsupported for int8 without scales.
Result<Arranged> arrangementOf(ComputeRequest request, Result<std::optional<model::Quantisation>> scales);

/// Reads the model at `path` as loadModel() does and arranges it as `arrange` says.
using Arrangement = std::function<Result<Arranged>(const tensorfile::Metadata&, const model::ModelConfig&)>;
Result<LoadedModelPtr> loadArranged(const std::filesystem::path& path, const Arrangement& arrange,
                                    const ComputeRequest* onDevice = nullptr);

/// Layers in 8 bits by these scales; those to be kept out of them are left to the packer. `levels`: the largest number
/// that a source value becomes; 0: as many as this processor adds quickly.
LayerMaker int8Maker(model::Quantisation scales, int levels = 0);

/// Finds the channels' scales of large layers while the model runs. Any thread.
class ChannelRecord {
public:
    /// Makes f32 layers that write into the record, which lives as long as one of them.
    static LayerMaker maker(std::shared_ptr<ChannelRecord> record);
    /// `largest` of each channel's magnitude, in the source and in the weights.
    void addSource(const std::string& name, std::span<const float> largest);
    void addWeights(const std::string& name, std::span<const float> largest);
    /// Between what would make all channels of the source equally large and what would make those of the weights so.
    std::map<std::string, model::LayerScales, std::less<>> scales() const;

private:
    struct Largest {
        std::vector<float> source, weights;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Largest, std::less<>> layers_;
};

/// Compares what large layers give in 8 bits with f32, each on the source that the f32 network has there. Any thread.
class ErrorRecord {
public:
    static LayerMaker maker(std::shared_ptr<ErrorRecord> record, model::Quantisation scales, int levels);
    void add(const std::string& name, double difference, double norm);
    /// Relative L2 of each layer's destination.
    std::map<std::string, double, std::less<>> errors() const;

private:
    struct Sums {
        double difference = 0.0;
        double norm = 0.0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Sums, std::less<>> sums_;
};

} // namespace livegloss::engine
