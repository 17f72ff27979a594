#include "kernels/instruction_set.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

#ifdef LIVEGLOSS_WITH_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif
#if defined(LIVEGLOSS_WITH_AMX) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace livegloss::kernels {
namespace {

constexpr std::array<std::string_view, 5> names{"portable", "avx2", "avx512", "vnni", "amx"};

/// What LIVEGLOSS_MAX_ISA allows; nothing where it is not set or names no level.
std::optional<InstructionSet> allowed() {
    const char* limit = std::getenv("LIVEGLOSS_MAX_ISA");
    const auto found = limit == nullptr ? names.end() : std::ranges::find(names, std::string_view(limit));
    return found == names.end() ? std::nullopt : std::optional(static_cast<InstructionSet>(found - names.begin()));
}

#ifdef LIVEGLOSS_WITH_ONEDNN
dnnl::cpu_isa oneDnnLevel(InstructionSet set) {
    switch (set) {
    case InstructionSet::Portable:
        return dnnl::cpu_isa::sse41; // the least that it has
    case InstructionSet::Avx2:
        return dnnl::cpu_isa::avx2;
    case InstructionSet::Avx512:
        return dnnl::cpu_isa::avx512_core;
    case InstructionSet::Vnni:
        return dnnl::cpu_isa::avx512_core_vnni;
    case InstructionSet::Amx:
        break;
    }
    return dnnl::cpu_isa::avx512_core_amx;
}

/// The level that oneDNN's variable names (any case); nothing where it names none, or one that is no limit to us.
std::optional<InstructionSet> levelOfOneDnn(std::string_view value) {
    using Level = std::pair<std::string_view, InstructionSet>;
    constexpr std::array<Level, 9> own{{{"SSE41", InstructionSet::Portable},
                                        {"AVX", InstructionSet::Portable},
                                        {"AVX2", InstructionSet::Avx2},
                                        {"AVX2_VNNI", InstructionSet::Avx2},
                                        {"AVX512_CORE", InstructionSet::Avx512},
                                        {"AVX512_CORE_VNNI", InstructionSet::Vnni},
                                        {"AVX512_CORE_BF16", InstructionSet::Vnni},
                                        {"AVX512_CORE_FP16", InstructionSet::Vnni},
                                        {"AVX512_CORE_AMX", InstructionSet::Amx}}};
    std::string upper(value);
    std::ranges::transform(upper, upper.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    });
    const auto found = std::ranges::find(own, std::string_view(upper), &Level::first);
    return found == own.end() ? std::nullopt : std::optional(found->second);
}

/// oneDNN takes a limit once, and only before it is first used; from then on it ignores its own variable, whose limit
/// is kept where that is the lower one.
void limitOneDnn() {
    const std::optional<InstructionSet> limit = allowed();
    if (!limit) {
        return;
    }
    for (const char* name : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
        const char* const value = std::getenv(name);
        if (const auto level = levelOfOneDnn(value == nullptr ? "" : value); level && *level <= *limit) {
            return;
        }
    }
    dnnl::set_max_cpu_isa(oneDnnLevel(*limit));
}
#endif

/// What own kernels for AMX use, where the system lets this process have tiles: Linux gives them to those that ask.
[[maybe_unused]] bool tilesAreThere() {
#if defined(LIVEGLOSS_WITH_AMX) && defined(__linux__)
    constexpr int requestPermission = 0x1023;                           // ARCH_REQ_XCOMP_PERM
    constexpr int tileData = 18;                                        // XFEATURE_XTILEDATA
    constexpr unsigned tileBits = (1U << 22) | (1U << 24) | (1U << 25); // leaf 7, EDX: bf16, tiles, int8
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & tileBits) == tileBits &&
           __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni") &&
           ::syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#else
    return false;
#endif
}

InstructionSet offered() {
#ifdef LIVEGLOSS_WITH_AVX2
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        return InstructionSet::Portable;
    }
#ifdef LIVEGLOSS_WITH_ONEDNN
    limitOneDnn();
    // Each level of oneDNN's has the bits of those below it.
    const auto level = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto reaches = [level](dnnl::cpu_isa isa) {
        return (level & static_cast<unsigned>(isa)) == static_cast<unsigned>(isa);
    };
    return reaches(dnnl::cpu_isa::avx512_core_amx) && tilesAreThere() ? InstructionSet::Amx
           : reaches(dnnl::cpu_isa::avx512_core_vnni)                 ? InstructionSet::Vnni
           : reaches(dnnl::cpu_isa::avx512_core)                      ? InstructionSet::Avx512
                                                                      : InstructionSet::Avx2;
#elif defined(LIVEGLOSS_WITH_AVX512)
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return !wide                                  ? InstructionSet::Avx2
           : tilesAreThere()                      ? InstructionSet::Amx
           : __builtin_cpu_supports("avx512vnni") ? InstructionSet::Vnni
                                                  : InstructionSet::Avx512;
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
    return std::min(most, allowed().value_or(most));
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
