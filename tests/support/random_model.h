#pragma once

#include "model/model_config.h"
#include "model/model_layout.h"
#include "tensorfile/safetensors.h"

#include <QString>
#include <QtGlobal>
#include <cmath>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace livegloss::test {

/// A seed for this run, printed so that a failure can be repeated with LIVEGLOSS_TEST_SEED.
inline unsigned announcedSeed() {
    const bool chosen = qEnvironmentVariableIsSet("LIVEGLOSS_TEST_SEED");
    const unsigned seed = chosen ? qEnvironmentVariable("LIVEGLOSS_TEST_SEED").toUInt() : std::random_device{}();
    qInfo("seed %u", seed);
    return seed;
}

/// A small AdaptSign file with random weights in every part, written tensor by tensor under the released names.
class RandomModel {
public:
    explicit RandomModel(unsigned seed) : random_(seed) {
        config.width = 64;
        config.layers = 2;
        config.heads = 1;
        config.patch = 8;
        config.resolution = 32;
        config.resize = 40;
        config.embedDim = 24;
        config.hidden = 16;
        config.classes = 6;
        config.prefix = 3;
        config.name = "random";
    }

    model::ModelConfig config;
    int adapterWidth = 16;
    bool withMetadata = true;
    tensorfile::Metadata extraMetadata; ///< added last, whatever it says

    Result<void> save(const std::filesystem::path& path) {
        tensorfile::SafetensorsWriter writer;
        if (withMetadata) {
            for (const auto& [key, value] : model::modelMetadata(config)) {
                writer.setMetadata(key, value);
            }
        }
        for (const auto& [key, value] : extraMetadata) {
            writer.setMetadata(key, value);
        }
        addVisual(writer);
        addTemporal(writer);
        return writer.save(path);
    }

    /// Uniform in [-1, 1], as frames are.
    std::vector<float> uniform(std::size_t count) {
        std::uniform_real_distribution<float> distribution(-1.0F, 1.0F);
        std::vector<float> values(count);
        for (float& value : values) {
            value = distribution(random_);
        }
        return values;
    }
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

private:
    using Writer = tensorfile::SafetensorsWriter;

    void normal(Writer& writer, const std::string& name, tensorfile::Shape shape, float mean, float deviation) {
        if (model::inAbsentModule(config, name)) {
            return;
        }
        std::normal_distribution<float> distribution(mean, deviation);
        std::vector<float> values(static_cast<std::size_t>(tensorfile::elementCount(shape)));
        for (float& value : values) {
            value = distribution(random_);
        }
        writer.addFloats(name, std::move(shape), values);
    }
    void linear(Writer& writer, const std::string& name, int outputs, int inputs) {
        normal(writer, name + ".weight", {outputs, inputs}, 0.0F, 1.0F / std::sqrt(static_cast<float>(inputs)));
        normal(writer, name + ".bias", {outputs}, 0.0F, 0.1F);
    }
    void norm(Writer& writer, const std::string& name, int width) {
        normal(writer, name + ".weight", {width}, 1.0F, 0.3F);
        normal(writer, name + ".bias", {width}, 0.0F, 0.3F);
    }
    void attention(Writer& writer, const std::string& name) {
        const int width = config.width;
        normal(writer, name + ".in_proj_weight", {3 * width, width}, 0.0F, 1.5F / std::sqrt(static_cast<float>(width)));
        normal(writer, name + ".in_proj_bias", {3 * width}, 0.0F, 0.2F);
        linear(writer, name + ".out_proj", width, width);
    }

    void addVisual(Writer& writer) {
        const int width = config.width;
        const std::string visual = "conv2d.visual.";
        normal(writer, visual + "class_embedding", {width}, 0.0F, 1.0F);
        normal(writer, visual + "positional_embedding", {config.tokens(), width}, 0.0F, 0.5F);
        normal(writer, visual + "proj", {width, config.embedDim}, 0.0F, 1.0F / std::sqrt(static_cast<float>(width)));
        normal(writer, visual + "ada_weight", {2}, 0.5F, 0.2F);
        normal(writer, visual + "conv1.weight", {width, 3, config.patch, config.patch}, 0.0F,
               1.0F / static_cast<float>(config.patch));
        for (const char* name : {"ln_pre", "ln_post", "ln_post_cls"}) {
            norm(writer, visual + name, width);
        }
        const std::string transformer = visual + "transformer.";
        normal(writer, transformer + "query", {1, 1, width}, 0.5F, 0.3F);
        normal(writer, transformer + "temporal_ada_weight", {1}, 0.05F, 0.01F);
        norm(writer, transformer + "taggblocks.ln_1", width);
        for (int layer = 0; layer < config.layers; ++layer) {
            const std::string block = transformer + "resblocks." + std::to_string(layer) + ".";
            normal(writer, block + "prefix_embedding_k", {config.prefix, 1, width}, 0.0F, 1.0F);
            normal(writer, block + "prefix_embedding_v", {config.prefix, 1, width}, 0.0F, 1.0F);
            attention(writer, block + "attn");
            norm(writer, block + "ln_1", width);
            norm(writer, block + "ln_2", width);
            linear(writer, block + "mlp.c_fc", 4 * width, width);
            linear(writer, block + "mlp.c_proj", width, 4 * width);
            for (const char* adapter : {"S_Adapter", "MLP_Adapter"}) {
                linear(writer, block + adapter + ".mlp.c_in", adapterWidth, width);
                linear(writer, block + adapter + ".mlp.c_out", width, adapterWidth);
            }
            const std::string aggregation = transformer + "aggblocks." + std::to_string(layer) + ".";
            attention(writer, aggregation + "attn");
            norm(writer, aggregation + "ln_1", width);
            norm(writer, aggregation + "ln_2", width);
            linear(writer, aggregation + "mlp.c_fc", width, width);
            linear(writer, aggregation + "mlp.c_proj", width, width);
        }
    }

    void addTemporal(Writer& writer) {
        const int hidden = config.hidden;
        int inputs = config.embedDim;
        int place = 0;
        for (const model::TemporalLayer& layer : model::temporalLayers(config.convType)) {
            if (layer.pool) {
                ++place;
                continue;
            }
            const std::string convolution = "conv1d.temporal_conv." + std::to_string(place);
            normal(writer, convolution + ".weight", {hidden, inputs, layer.size}, 0.0F,
                   1.0F / std::sqrt(static_cast<float>(inputs * layer.size)));
            normal(writer, convolution + ".bias", {hidden}, 0.0F, 0.1F);
            const std::string batchNorm = "conv1d.temporal_conv." + std::to_string(place + 1);
            norm(writer, batchNorm, hidden);
            normal(writer, batchNorm + ".running_mean", {hidden}, 0.0F, 0.2F);
            writer.addFloats(batchNorm + ".running_var", {hidden},
                             std::vector<float>(static_cast<std::size_t>(hidden), 0.7F));
            writer.addIntegers(batchNorm + ".num_batches_tracked", {}, std::vector<std::int64_t>{12});
            inputs = hidden;
            place += 3;
        }
        normal(writer, "conv1d.fc.weight", {hidden, config.classes}, 0.0F, 1.0F);
        for (int layer = 0; layer < 2; ++layer) {
            for (const char* direction : {"", "_reverse"}) {
                const std::string suffix = "_l" + std::to_string(layer) + direction;
                const float deviation = 1.0F / std::sqrt(static_cast<float>(hidden / 2));
                normal(writer, "temporal_model.rnn.weight_ih" + suffix, {2 * hidden, hidden}, 0.0F, deviation);
                normal(writer, "temporal_model.rnn.weight_hh" + suffix, {2 * hidden, hidden / 2}, 0.0F, deviation);
                normal(writer, "temporal_model.rnn.bias_ih" + suffix, {2 * hidden}, 0.0F, 0.1F);
                normal(writer, "temporal_model.rnn.bias_hh" + suffix, {2 * hidden}, 0.0F, 0.1F);
            }
        }
    }

    std::mt19937 random_;
};

/// Largest difference over the largest expected value: the relative error that the project states its accuracy in.
inline double relativeError(const std::vector<float>& actual, const std::vector<float>& expected) {
    double difference = 0.0;
    double largest = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(actual[i]) - expected[i]));
        largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    }
    return actual.size() != expected.size() ? INFINITY : largest > 0.0 ? difference / largest : difference;
}
/// The same in the L2 norm.
inline double relativeL2(const std::vector<float>& actual, const std::vector<float>& expected) {
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        difference += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
        norm += std::pow(static_cast<double>(expected[i]), 2);
    }
    return actual.size() != expected.size() ? INFINITY
           : norm > 0.0                     ? std::sqrt(difference / norm)
                                            : std::sqrt(difference);
}

} // namespace livegloss::test
