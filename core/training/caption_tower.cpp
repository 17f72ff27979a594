#include "caption_tower.h"

#include <cmath>

namespace livegloss::training {

CaptionTowerImpl::CaptionTowerImpl(const std::vector<std::vector<std::string>>& slots, int width, int embedDim) {
    std::vector<std::int64_t> firstRows;
    std::int64_t rows = 1; // row 0 stands for an open slot
    for (const auto& words : slots) {
        firstRows.push_back(rows);
        sizes_.push_back(static_cast<std::int64_t>(words.size()));
        rows += sizes_.back();
    }
    firstRow_ = torch::tensor(firstRows, torch::kInt64);
    table_ = register_parameter("table", torch::randn({rows, width}) * 0.3);
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    inner_ = register_module("inner", torch::nn::Linear(width, 2 * width));
    outer_ = register_module("outer", torch::nn::Linear(2 * width, embedDim));
    captionScale = register_parameter("caption_scale", torch::full({}, std::log(1.0 / 0.07)));
    wordScale = register_parameter("word_scale", torch::full({}, std::log(1.0 / 0.1)));
}

torch::Tensor CaptionTowerImpl::forward(const torch::Tensor& words) {
    const torch::Tensor rows = torch::where(words < 0, torch::zeros_like(words), words + firstRow_.to(words.device()));
    const torch::Tensor sum = torch::embedding(table_, rows).sum(1);
    const torch::Tensor vectors = outer_->forward(torch::gelu(inner_->forward(norm_->forward(sum))));
    return torch::nn::functional::normalize(vectors, torch::nn::functional::NormalizeFuncOptions().dim(-1));
}

torch::Tensor CaptionTowerImpl::singleWords(int slot) {
    const std::int64_t count = sizes_[static_cast<std::size_t>(slot)];
    torch::Tensor words =
        torch::full({count, slots()}, -1, torch::TensorOptions(torch::kInt64).device(table_.device()));
    words.select(1, slot).copy_(torch::arange(count));
    return forward(words);
}

} // namespace livegloss::training
