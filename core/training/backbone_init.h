#pragma once

#include "model/adapt_sign.h"

namespace livegloss::training {

/// A start for the image tower that learns from few pictures: patches are first seen through a cosine basis whose gains
/// make fine detail as loud as flat colour, and positions through sines of their row and column. Everything stays
/// trainable.
void initialiseBackbone(model::VisualEncoderImpl& encoder, const model::ModelConfig& config);

} // namespace livegloss::training
