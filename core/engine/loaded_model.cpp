#include "engine/loaded_model.h"

#include "device_choice.h"
#include "device_network.h"
#include "engine/threads.h"
#include "int8_layers.h"
#include "kernels/int8_linear.h"
#include "load_network.h"
#include "pack_network.h"
#include "prepared_network.h"

#include <algorithm>
#include <atomic>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <thread>

namespace livegloss::engine {
namespace {

/// OpenBLAS keeps a thread count of its own, apart from LibTorch's; other libraries have no such function.
void setBlasThreads(int threads) {
    using SetThreads = void (*)(int);
    if (auto* function = reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
        function(threads);
    }
}

std::atomic<int> chosenThreads{0}; // 0: not chosen yet

/// The allocator keeps what it was given back; a model's weights are worth returning to the system.
void giveBackFreeMemory() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

} // namespace

void setComputeThreads(int threads) {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    chosenThreads = threads > 0 ? threads : cores;
    setLibraryThreads(1);
}

void setLibraryThreads(int threads) {
    at::set_num_threads(threads);
    setBlasThreads(threads);
}

int computeThreads() {
    if (chosenThreads == 0) {
        setComputeThreads(0);
    }
    return chosenThreads;
}

LoadedModelPtr makeLoadedModel(const model::AdaptSign& network, ComputeChoice choice, const LayerMaker& maker,
                               const ComputeRequest* onDevice) {
    // First, since the fast engine takes the weights.
    auto device = onDevice != nullptr ? networkOnDevice(network, *onDevice) : nullptr;
    if (device) {
        choice.device = device->name;
        choice.devicePrecision = device->type == torch::kFloat ? Precision::F32 : Precision::Bf16;
    }
    if (choice.engine == EngineKind::Reference) {
        return std::make_shared<const TorchModel>(network, prepareNetwork(network), nullptr, choice, device);
    }
    PreparedNetwork surroundings = prepareSurroundings(network);
    // Layers of 8 bits in tiles hand on Bf16, and those that are kept out of them are Bf16 as well.
    const kernels::InstructionSet set = kernels::usableInstructionSet();
    const bool narrow = choice.precision == Precision::Bf16 ||
                        (choice.precision == Precision::Int8 && kernels::bestInt8Backend(set) == kernels::Backend::Amx);
    const auto element = narrow ? kernels::Element::Bf16 : kernels::Element::F32;
    auto fast = packNetwork(network, surroundings, element, set, maker);
    surroundings.patchWeight = torch::Tensor();
    surroundings.classifier = torch::Tensor();
    giveBackFreeMemory();
    return std::make_shared<const TorchModel>(network, std::move(surroundings), std::move(fast), choice, device);
}

Result<LoadedModelPtr> loadArranged(const std::filesystem::path& path, const Arrangement& arrange,
                                    const ComputeRequest* onDevice) try {
    computeThreads();
    if (auto possible = onDevice != nullptr ? checkDevice(*onDevice) : Result<void>{}; !possible) {
        return tl::unexpected(possible.error());
    }
    const auto reader = tensorfile::SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected<Error>(reader.error());
    }
    auto network = model::loadAdaptSign(path);
    if (!network) {
        return tl::unexpected(network.error());
    }
    auto arranged = arrange(reader->metadata(), (*network)->config());
    if (!arranged) {
        Error problem = arranged.error();
        problem.message = "'" + path.string() + "': " + problem.message;
        return tl::unexpected(std::move(problem));
    }
    return makeLoadedModel(*network, arranged->choice, arranged->maker, onDevice);
} catch (const UnusableScales& error) {
    return failure(ErrorCode::Unsupported, "'" + path.string() + "': " + error.what(),
                   "Make new ones with livegloss-cli quantize.");
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for the model '" + path.string() + "'",
                   "Close other programs, or take a smaller model.");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot prepare the model '" + path.string() + "': " + error.what());
}

Result<LoadedModelPtr> loadModel(const std::filesystem::path& path, ComputeRequest request) {
    bool usesScales = false;
    const auto byTheFile = [&](const tensorfile::Metadata& metadata, const model::ModelConfig& config) {
        auto arranged = arrangementOf(request, model::readQuantisation(metadata, config));
        usesScales = arranged && arranged->choice.precision == Precision::Int8;
        return arranged;
    };
    auto loaded = loadArranged(path, byTheFile, &request);
    const bool choseThem = usesScales && request.precision == Precision::Auto;
    if (loaded || !choseThem || loaded.error().code != ErrorCode::Unsupported) {
        return loaded;
    }
    // Nobody asked for int8: scales that turn out to be of another network are passed over.
    const auto without = [&request](const tensorfile::Metadata&, const model::ModelConfig&) {
        return arrangementOf(request, std::nullopt);
    };
    return loadArranged(path, without, &request);
}

ComputeDevice computeDevice(const LoadedModelPtr& model) {
    if (!model) {
        return {};
    }
    const auto& device = torchModel(model).device;
    return device && !device->failed ? ComputeDevice{device->name, 1} : computeDevice();
}

ComputeDevice computeDevice() {
    return {"CPU", computeThreads()};
}

} // namespace livegloss::engine
