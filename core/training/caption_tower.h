#pragma once

#include <string>
#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

/// CLIP's text side for captions made of slots: a learnt vector for each word of each slot, summed, and a small
/// perceptron. Only used while pre-training.
class CaptionTowerImpl : public torch::nn::Module {
public:
    CaptionTowerImpl(const std::vector<std::vector<std::string>>& slots, int width, int embedDim);
    /// words [N, slots] int64, -1 where a caption leaves a slot open -> unit vectors [N, E].
    torch::Tensor forward(const torch::Tensor& words);
    /// Unit vectors [words, E] of the captions that say a single word of one slot.
    torch::Tensor singleWords(int slot);
    int slots() const { return static_cast<int>(sizes_.size()); }

    torch::Tensor captionScale; ///< logarithms of the learnt inverse temperatures
    torch::Tensor wordScale;

private:
    std::vector<std::int64_t> sizes_;
    torch::Tensor firstRow_; ///< [slots] row of each slot's first word in the table
    torch::Tensor table_;
    torch::nn::LayerNorm norm_{nullptr};
    torch::nn::Linear inner_{nullptr}, outer_{nullptr};
};
TORCH_MODULE(CaptionTower);

} // namespace livegloss::training
