#include "bench_run.h"

#include "bench_head.h"
#include "process_time.h"

#include "engine/streaming_encoder.h"
#include "engine/threads.h"
#include "model/model_layout.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <thread>

namespace livegloss::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t weightSeed = 1;
constexpr int headWindows = 40;

model::ModelConfig configNamed(const std::string& name) {
    model::ModelConfig config;
    config.name = name;
    config.width = 768;
    config.layers = 12;
    config.patch = name == "vit-b32" ? 32 : 16;
    config.resolution = 224;
    config.resize = 256;
    config.embedDim = 512;
    config.hidden = 1024;
    config.classes = 1232; // as many glosses as PHOENIX14 has
    if (name == "vit-l14") {
        config.width = 1024;
        config.layers = 24;
        config.patch = 14;
        config.embedDim = 768;
    } else if (name == "demo") {
        config.width = 128;
        config.layers = 4;
        config.resolution = 192;
        config.resize = 219;
        config.embedDim = 256;
        config.hidden = 256;
        config.classes = 37;
        config.convType = 1;
        config.fps = 12.5;
    }
    config.heads = config.width / 64;
    config.vocabulary.resize(static_cast<std::size_t>(config.classes));
    for (std::size_t i = 1; i < config.vocabulary.size(); ++i) {
        config.vocabulary[i] = "SIGN" + std::to_string(i);
    }
    return config;
}

/// One of the things measured.
struct Subject {
    SubjectResult result;
    engine::LoadedModelPtr model;
    std::unique_ptr<engine::StreamingEncoder> encoder; ///< none for Plain
    std::vector<double> wall, processor;               ///< seconds per turn
    std::vector<double> shares;                        ///< of the products' rate, per turn
};

class Bench {
public:
    explicit Bench(const BenchRequest& request) : request_(request) {}

    Result<BenchResult> run() {
        engine::setComputeThreads(request_.threads);
        result_.threads = engine::computeThreads();
        result_.batch = request_.batch > 0 ? request_.batch : 2 * result_.threads;
        if (auto loaded = loadAll(); !loaded) {
            return tl::unexpected(loaded.error());
        }
        makeFrames();
        prepareProducts();
        if (auto compared = compareFeatures(); !compared) {
            return tl::unexpected(compared.error());
        }
        if (auto turned = takeTurns(); !turned) {
            return tl::unexpected(turned.error());
        }
        if (auto measured = measureTemporalHeads(); !measured) {
            return tl::unexpected(measured.error());
        }
        if (request_.attention) {
            auto costs = measureAttention(subjects_.front().model, frames_, result_.batch, request_.seconds);
            if (!costs) {
                return tl::unexpected(costs.error());
            }
            result_.attention = std::move(*costs);
        }
        for (Subject& subject : subjects_) {
            summarise(subject);
            result_.subjects.push_back(std::move(subject.result));
        }
        result_.ratioToReference = ratio(BenchSubject::Reference);
        result_.ratioToPlain = ratio(BenchSubject::Plain);
        result_.peakMemoryBytes = memoryOfProcess("VmHWM:");
        return result_;
    }

private:
    Result<void> loadAll() {
        engine::LoadedModelPtr reference;
        for (const BenchSubject kind : request_.subjects) {
            const bool fast = kind == BenchSubject::Fast;
            if (fast || !reference) {
                auto loaded = benchModel(request_, {fast ? engine::EngineKind::Fast : engine::EngineKind::Reference,
                                                    fast ? request_.precision : engine::Precision::F32});
                if (!loaded) {
                    return tl::unexpected(loaded.error());
                }
                if (!fast) {
                    reference = *loaded;
                }
                model_ = *loaded;
            }
            Subject subject;
            subject.model = fast ? model_ : reference;
            subject.result.subject = kind;
            subject.result.description = kind == BenchSubject::Plain
                                             ? "the network as the paper writes it, f32 by LibTorch"
                                             : engine::describe(subject.model->compute());
            if (kind != BenchSubject::Plain) {
                subject.encoder = engine::makeStreamingEncoder(subject.model, {false});
            }
            subjects_.push_back(std::move(subject));
        }
        const model::ModelConfig& config = model_->config();
        result_.model = config.name;
        result_.processor = model_->compute().processor;
        result_.instructions = model_->compute().instructions;
        for (const model::PartCost& cost : model::partCosts(config, config.width / 4)) {
            if (cost.part != model::ModelPart::TemporalHead) {
                result_.gflopPerFrame += 2e-9 * cost.multiplicationsFused;
            }
        }
        return {};
    }

    void makeFrames() {
        const int side = model_->config().resolution;
        frames_.resize(static_cast<std::size_t>(result_.batch * 3 * side * side));
        std::mt19937 random(1);
        std::uniform_real_distribution<float> values(-1.0F, 1.0F);
        std::ranges::generate(frames_, [&] { return values(random); });
    }

    void prepareProducts() {
        for (const Subject& subject : subjects_) {
            if (subject.model->compute().engine == engine::EngineKind::Fast) {
                products_ = std::make_unique<engine::ProductMeter>(subject.model->compute(), result_.threads);
                result_.packedBytes = engine::packedBytes(subject.model);
            }
        }
    }

    /// Operations per second of processor time; a turn of about `seconds`, but not long.
    double productRate(double seconds) {
        constexpr double shortest = 0.02;
        constexpr double longest = 0.1;
        products_->turn(0.0); // its weights are in the caches again
        const double begin = processorSeconds();
        const double operations = products_->turn(std::clamp(seconds, shortest, longest));
        return operations / (processorSeconds() - begin);
    }

    Result<std::vector<float>> featuresOf(engine::StreamingEncoder& encoder) {
        std::vector<float> features;
        for (auto output : {encoder.push(frames_, result_.batch, false), encoder.finish()}) {
            if (!output) {
                return tl::unexpected(output.error());
            }
            for (const engine::FrameFeature& feature : output->features) {
                features.insert(features.end(), feature.values.begin(), feature.values.end());
            }
        }
        encoder.reset();
        return features;
    }

    /// Also warms every engine up.
    Result<void> compareFeatures() {
        std::vector<float> expected;
        for (auto subject = subjects_.rbegin(); subject != subjects_.rend(); ++subject) {
            if (!subject->encoder) {
                continue;
            }
            auto features = featuresOf(*subject->encoder);
            if (!features) {
                return tl::unexpected(features.error());
            }
            if (subject->result.subject == BenchSubject::Reference) {
                expected = std::move(*features);
            } else if (!expected.empty()) {
                double difference = 0.0;
                double norm = 0.0;
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    difference += std::pow(static_cast<double>((*features)[i]) - static_cast<double>(expected[i]), 2);
                    norm += std::pow(static_cast<double>(expected[i]), 2);
                }
                subject->result.relativeError = std::sqrt(difference / norm);
            }
        }
        return {};
    }

    Result<void> takeTurn(Subject& subject) {
        const Clock::time_point begin = Clock::now();
        const double processorBegin = processorSeconds();
        if (subject.encoder) {
            if (auto pushed = subject.encoder->push(frames_, result_.batch, false); !pushed) {
                return tl::unexpected(pushed.error());
            }
        } else if (auto passed = engine::plainPassSeconds(subject.model, frames_, result_.batch, result_.threads);
                   !passed) {
            return tl::unexpected(passed.error());
        }
        subject.processor.push_back(processorSeconds() - processorBegin);
        subject.wall.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
        subject.result.frames += result_.batch;
        return {};
    }

    Result<void> takeTurns() {
        const double time = request_.seconds * static_cast<double>(subjects_.size());
        constexpr std::size_t fewestTurns = 3;
        for (double taken = 0.0; taken < time || subjects_.front().wall.size() < fewestTurns;) {
            for (Subject& subject : subjects_) {
                if (auto turned = takeTurn(subject); !turned) {
                    return turned;
                }
                taken += subject.wall.back();
                if (products_) {
                    const double rate = productRate(subject.wall.back());
                    productRates_.push_back(rate);
                    const double operations = 1e9 * result_.gflopPerFrame * result_.batch;
                    subject.shares.push_back(operations / subject.processor.back() / rate);
                }
            }
        }
        const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
        result_.peakGflops = 1e-9 * median(productRates_) * std::min(result_.threads, cores);
        products_.reset();
        return {};
    }

    void summarise(Subject& subject) {
        double total = 0.0;
        for (const double seconds : subject.wall) {
            total += seconds;
        }
        SubjectResult& result = subject.result;
        const double perTurn = 1000.0 / result_.batch;
        result.framesPerSecond = result.frames / total;
        result.msPerFrame = median(subject.wall) * perTurn;
        result.cpuMsPerFrame = median(subject.processor) * perTurn;
        result.gflops = result_.gflopPerFrame * result.framesPerSecond;
        if (!subject.shares.empty()) {
            result.shareOfPeak = median(subject.shares);
        }
        if (subject.encoder) {
            result.stages = engine::stageTimes(subject.model, frames_, std::min(result_.batch, 2), 3);
        }
    }

    Result<void> measureTemporalHeads() {
        std::vector<engine::LoadedModelPtr> models;
        std::vector<SubjectResult*> results;
        for (Subject& subject : subjects_) {
            if (subject.encoder) {
                models.push_back(subject.model);
                results.push_back(&subject.result);
            }
        }
        const auto times = measureHeads(models, headWindows);
        if (!times) {
            return tl::unexpected(times.error());
        }
        for (std::size_t i = 0; i < results.size(); ++i) {
            results[i]->head = (*times)[i];
            if (results.front()->subject == BenchSubject::Fast && results[i]->subject == BenchSubject::Reference) {
                result_.headRatio = (*times)[i].ratio;
            }
        }
        return {};
    }

    const SubjectResult* find(BenchSubject kind) const {
        const auto found = std::ranges::find(result_.subjects, kind, &SubjectResult::subject);
        return found == result_.subjects.end() ? nullptr : &*found;
    }
    double ratio(BenchSubject other) const {
        const SubjectResult* const fast = find(BenchSubject::Fast);
        const SubjectResult* const slow = find(other);
        return fast == nullptr || slow == nullptr ? 0.0 : slow->cpuMsPerFrame / fast->cpuMsPerFrame;
    }

    const BenchRequest& request_;
    BenchResult result_;
    engine::LoadedModelPtr model_;
    std::vector<Subject> subjects_;
    std::vector<float> frames_;
    std::unique_ptr<engine::ProductMeter> products_; ///< with the fast engine
    std::vector<double> productRates_;
};

} // namespace

Result<engine::LoadedModelPtr> benchModel(const BenchRequest& request, engine::ComputeRequest compute) {
    return request.model.empty() ? engine::randomModel(configNamed(request.config), weightSeed, compute)
                                 : engine::loadModel(request.model, compute);
}

Result<BenchResult> runBench(const BenchRequest& request) {
    return Bench(request).run();
}

} // namespace livegloss::cli
