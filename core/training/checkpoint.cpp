#include "checkpoint.h"

#include "base/sha256.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <span>

namespace livegloss::training {

Result<void> writeCheckpoint(const std::filesystem::path& path, const std::vector<NamedParameter>& tensors,
                             const CheckpointFacts& facts) {
    tensorfile::SafetensorsWriter writer;
    for (const auto& [key, value] : facts) {
        writer.setMetadata(key, value);
    }
    for (const NamedParameter& entry : tensors) {
        const torch::Tensor value = entry.value.detach().cpu().contiguous();
        const tensorfile::Shape shape(value.sizes().begin(), value.sizes().end());
        const auto count = static_cast<std::size_t>(value.numel());
        if (value.is_floating_point()) {
            const torch::Tensor floats = value.to(torch::kFloat32);
            writer.addFloats(entry.name, shape, std::span<const float>(floats.data_ptr<float>(), count));
        } else {
            const torch::Tensor integers = value.to(torch::kInt64);
            writer.addIntegers(entry.name, shape,
                               std::span<const std::int64_t>(integers.data_ptr<std::int64_t>(), count));
        }
    }
    return writer.save(path);
}

Result<CheckpointFacts> readCheckpoint(const std::filesystem::path& path, const std::vector<NamedParameter>& tensors) {
    auto reader = tensorfile::SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    const torch::NoGradGuard noGrad;
    for (const NamedParameter& entry : tensors) {
        const tensorfile::TensorInfo* info = reader->find(entry.name);
        const tensorfile::Shape shape(entry.value.sizes().begin(), entry.value.sizes().end());
        if (info == nullptr || info->shape != shape) {
            return failure(
                ErrorCode::Unreadable,
                path.string() + ": tensor " + entry.name +
                    (info == nullptr ? " is missing"
                                     : " has shape " + tensorfile::shapeText(info->shape) + ", not " +
                                           tensorfile::shapeText(shape)),
                "the checkpoint belongs to another recipe or version of the program; use another --work folder");
        }
        torch::Tensor target = entry.value;
        if (target.is_floating_point()) {
            auto values = reader->readFloats(entry.name);
            if (!values) {
                return tl::unexpected(values.error());
            }
            target.copy_(torch::from_blob(values->data(), target.sizes(), torch::kFloat32));
        } else {
            auto values = reader->readIntegers(entry.name);
            if (!values) {
                return tl::unexpected(values.error());
            }
            target.copy_(torch::from_blob(values->data(), target.sizes(), torch::kInt64));
        }
    }
    return reader->metadata();
}

std::string checksum(const std::vector<NamedParameter>& tensors) {
    Sha256 sum;
    for (const NamedParameter& entry : tensors) {
        const torch::Tensor value = entry.value.detach().cpu().contiguous();
        const std::string head = entry.name + tensorfile::shapeText({value.sizes().begin(), value.sizes().end()});
        sum.add(std::as_bytes(std::span(head)));
        sum.add({static_cast<const std::byte*>(value.data_ptr()), value.nbytes()});
    }
    return sum.finish();
}

std::vector<NamedParameter> moduleTensors(const torch::nn::Module& module, const std::string& prefix) {
    std::vector<NamedParameter> tensors;
    for (const auto& entry : module.named_parameters()) {
        tensors.push_back({prefix + entry.key(), entry.value()});
    }
    for (const auto& entry : module.named_buffers()) {
        tensors.push_back({prefix + entry.key(), entry.value()});
    }
    return tensors;
}

} // namespace livegloss::training
