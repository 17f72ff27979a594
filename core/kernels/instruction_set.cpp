#include "kernels/instruction_set.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#ifdef LIVEGLOSS_WITH_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace livegloss::kernels {
namespace {

constexpr std::array<std::string_view, 5> names{"portable", "avx2", "avx512", "vnni", "amx"};

InstructionSet offered() {
#ifdef LIVEGLOSS_WITH_AVX2
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        return InstructionSet::Portable;
    }
#ifdef LIVEGLOSS_WITH_ONEDNN
    // Each level of oneDNN's has the bits of those below it.
    const auto level = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto reaches = [level](dnnl::cpu_isa isa) {
        return (level & static_cast<unsigned>(isa)) == static_cast<unsigned>(isa);
    };
    return reaches(dnnl::cpu_isa::avx512_core_amx)    ? InstructionSet::Amx
           : reaches(dnnl::cpu_isa::avx512_core_vnni) ? InstructionSet::Vnni
           : reaches(dnnl::cpu_isa::avx512_core)      ? InstructionSet::Avx512
                                                      : InstructionSet::Avx2;
#else
    return InstructionSet::Avx2;
#endif
#else
    return InstructionSet::Portable;
#endif
}

} // namespace

std::string_view instructionSetName(InstructionSet set) {
    return names[static_cast<std::size_t>(set)];
}

InstructionSet usableInstructionSet() {
    static const InstructionSet most = offered();
    const char* limit = std::getenv("LIVEGLOSS_MAX_ISA");
    const auto found = limit == nullptr ? names.end() : std::ranges::find(names, std::string_view(limit));
    return found == names.end() ? most : std::min(most, static_cast<InstructionSet>(found - names.begin()));
}

std::string processorName() {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "unknown processor";
}

bool builtWithOneDnn() {
#ifdef LIVEGLOSS_WITH_ONEDNN
    return true;
#else
    return false;
#endif
}

} // namespace livegloss::kernels
