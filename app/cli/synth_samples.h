#pragma once

#include "training/sample_source.h"

#include <memory>

namespace livegloss::cli {

/// Training material drawn by the synthetic signer.
std::unique_ptr<training::SampleSource> makeSynthSamples();

} // namespace livegloss::cli
