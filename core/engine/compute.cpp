#include "engine/compute.h"

#include "engine/default_compute.h"

#include "kernels/int8_linear.h"

#include <algorithm>
#include <array>
#include <mutex>

namespace livegloss::engine {
namespace {

constexpr std::array<std::string_view, 2> engineNames{"fast", "reference"};
constexpr std::array<std::string_view, 4> precisionNames{"auto", "f32", "bf16", "int8"};

template <class Enum, std::size_t Count>
std::optional<Enum> named(const std::array<std::string_view, Count>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? std::nullopt : std::optional(static_cast<Enum>(found - names.begin()));
}

std::mutex defaultMutex;
ComputeRequest defaultRequest;

std::string_view reasonText(ComputeReason reason) {
    switch (reason) {
    case ComputeReason::NoAmx:
        return "chosen because AMX is not available here, without which bf16 is slower";
    case ComputeReason::Amx:
        return "chosen because this processor has AMX";
    case ComputeReason::RoundedOnly:
        return "as asked for; this processor does not multiply bf16, so values are only rounded to it, which is slower "
               "than f32";
    case ComputeReason::CheckedInt8:
        return "chosen because this processor multiplies int8 and the model passed its check with it";
    case ComputeReason::Int8NotFast:
        return "as asked for; this processor has no VNNI, so 8 bits shrink to 7 and the products take "
               "detours; auto would not choose it here";
    case ComputeReason::NoFastKernels:
        return "because the fast engine has nothing for this processor";
    case ComputeReason::AskedFor:
        break;
    }
    return "as asked for";
}

} // namespace

namespace {

Precision chosenPrecision(Precision wanted, kernels::InstructionSet set, bool int8Checked) {
    using kernels::InstructionSet;
    if (wanted != Precision::Auto) {
        return wanted;
    }
    if (int8Checked && set >= InstructionSet::Vnni) {
        return Precision::Int8;
    }
    return set == InstructionSet::Amx ? Precision::Bf16 : Precision::F32;
}

ComputeReason reasonOf(const ComputeRequest& request, Precision precision, kernels::InstructionSet set,
                       kernels::Backend backend) {
    using kernels::InstructionSet;
    if (request.precision == Precision::Auto) {
        return precision == Precision::Int8          ? ComputeReason::CheckedInt8
               : set == kernels::InstructionSet::Amx ? ComputeReason::Amx
                                                     : ComputeReason::NoAmx;
    }
    if (precision == Precision::Int8 && set < InstructionSet::Vnni) {
        return ComputeReason::Int8NotFast;
    }
    const bool rounds =
        precision == Precision::Bf16 && backend != kernels::Backend::OneDnn && backend != kernels::Backend::Amx;
    return rounds ? ComputeReason::RoundedOnly : ComputeReason::AskedFor;
}

} // namespace

ComputeChoice chooseCompute(ComputeRequest request, bool int8Checked) {
    using kernels::Backend;
    using kernels::Element;
    const kernels::InstructionSet set = kernels::usableInstructionSet();
    ComputeChoice choice;
    choice.processor = kernels::processorName();
    choice.instructions = kernels::instructionSetName(set);
    choice.backend = "libtorch";
    if (request.engine == EngineKind::Reference) {
        return choice;
    }
    const Element element = request.precision == Precision::Bf16 ? Element::Bf16 : Element::F32;
    if (kernels::bestBackend(element, set) == Backend::Portable) {
        choice.reason = ComputeReason::NoFastKernels;
        return choice;
    }
    choice.engine = EngineKind::Fast;
    choice.precision = chosenPrecision(request.precision, set, int8Checked);
    const Backend backend =
        choice.precision == Precision::Int8
            ? kernels::bestInt8Backend(set)
            : kernels::bestBackend(choice.precision == Precision::Bf16 ? Element::Bf16 : Element::F32, set);
    choice.backend = kernels::backendName(backend);
    choice.reason = reasonOf(request, choice.precision, set, backend);
    return choice;
}

void setDefaultCompute(ComputeRequest request) {
    const std::scoped_lock lock(defaultMutex);
    defaultRequest = std::move(request);
}
ComputeRequest defaultCompute() {
    const std::scoped_lock lock(defaultMutex);
    return defaultRequest;
}

std::string describe(const ComputeChoice& choice) {
    std::string text;
    if (!choice.device.empty()) {
        text.append("encoder on ").append(choice.device).append(" by LibTorch in ");
        text.append(precisionName(choice.devicePrecision)).append("; the rest, and should that fail, ");
    }
    text.append(engineName(choice.engine));
    text.append(" engine, ").append(precisionName(choice.precision)).append(" by ").append(choice.backend);
    text.append(" on ").append(choice.processor).append(" (").append(choice.instructions).append("), ");
    return text.append(reasonText(choice.reason));
}

std::string_view engineName(EngineKind engine) {
    return engineNames[static_cast<std::size_t>(engine)];
}
std::string_view precisionName(Precision precision) {
    return precisionNames[static_cast<std::size_t>(precision)];
}
std::optional<EngineKind> engineNamed(std::string_view name) {
    return named<EngineKind>(engineNames, name);
}
std::optional<Precision> precisionNamed(std::string_view name) {
    return named<Precision>(precisionNames, name);
}

} // namespace livegloss::engine
