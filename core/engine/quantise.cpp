#include "engine/quantise.h"

#include "int8_layers.h"
#include "kernels/int8_linear.h"

namespace livegloss::engine {
namespace {

Result<LoadedModelPtr> loadWith(const std::filesystem::path& path, Precision precision, const LayerMaker& maker) {
    const ComputeChoice choice = chooseCompute({EngineKind::Fast, precision});
    if (choice.engine != EngineKind::Fast) {
        return failure(ErrorCode::Unsupported, "int8 needs the fast engine, which has nothing for this processor",
                       "Take a computer with AVX2.");
    }
    return loadArranged(path, [&](const tensorfile::Metadata&, const model::ModelConfig&) -> Result<Arranged> {
        return Arranged{choice, maker};
    });
}

} // namespace

Result<ObservedModel> loadObserved(const std::filesystem::path& path) {
    auto record = std::make_shared<ChannelRecord>();
    auto model = loadWith(path, Precision::F32, ChannelRecord::maker(record));
    if (!model) {
        return tl::unexpected(model.error());
    }
    return ObservedModel{*model, [record] { return record->scales(); }};
}

Result<ComparedModel> loadCompared(const std::filesystem::path& path, const model::Quantisation& scales) {
    auto record = std::make_shared<ErrorRecord>();
    auto model = loadWith(path, Precision::F32, ErrorRecord::maker(record, scales, scales.levels));
    if (!model) {
        return tl::unexpected(model.error());
    }
    return ComparedModel{*model, [record] { return record->errors(); }};
}

Result<LoadedModelPtr> loadQuantised(const std::filesystem::path& path, const model::Quantisation& scales) {
    return loadWith(path, Precision::Int8, int8Maker(scales, scales.levels));
}

int quantisationLevels() {
    return kernels::int8Levels(kernels::usableInstructionSet());
}

} // namespace livegloss::engine
