#pragma once

#include <string>
#include <string_view>

namespace livegloss::kernels {

/// What a processor computes with, each level with those before it.
enum class InstructionSet {
    Portable, ///< nothing beyond what the compiler may assume
    Avx2,     ///< AVX2 with FMA
    Avx512,   ///< AVX-512 as servers have had it since 2017
    Vnni,     ///< with int8 dot products
    Amx       ///< with tiles for bf16 and int8
};
std::string_view instructionSetName(InstructionSet set); ///< "portable", "avx2", "avx512", "vnni", "amx"

/// What this processor offers, and no more than the environment allows: LIVEGLOSS_MAX_ISA (a name as above) and, where
/// oneDNN is built in, its own ONEDNN_MAX_CPU_ISA.
/// The first call hands LIVEGLOSS_MAX_ISA on to oneDNN, for the whole process: LibTorch's products through the same
/// library are limited too. Later changes of the variable limit only what is returned.
InstructionSet usableInstructionSet();

/// As the processor calls itself; "unknown processor" where it does not.
std::string processorName();

/// Whether layers can run through oneDNN in this build.
bool builtWithOneDnn();

} // namespace livegloss::kernels
