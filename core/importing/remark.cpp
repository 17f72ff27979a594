#include "importing/model_import.h"

#include <initializer_list>
#include <string_view>

namespace livegloss::importing {
namespace {

using Kind = Remark::Kind;

std::string tensors(std::int64_t count) {
    std::string text = std::to_string(count);
    text += count == 1 ? " tensor" : " tensors";
    return text;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) {
        text += part;
    }
    return text;
}

std::string noteText(const Remark& remark) {
    const std::string count = tensors(remark.count);
    switch (remark.kind) {
    case Kind::WeightsOfGroup:
        return joined({"The weights are those of '", remark.subject, "'."});
    case Kind::TrainingLeftOut:
        return joined({"Left out: ", count, " of the optimiser and other parts of training."});
    case Kind::TextSideLeftOut:
        return joined({"Left out: ", count, " of CLIP's text side."});
    case Kind::PoolerLeftOut:
        return joined({"Left out: ", count, " of CoCa's attentional pooler. AdaptSign works on the tokens before it."});
    case Kind::FromBackbone:
        return joined({count, " from the backbone '", remark.subject, "'."});
    case Kind::ClipColours:
        return "Colours are normalised by CLIP's mean and deviation.";
    case Kind::FrameRateAssumed:
        return "The frame rate is taken to be 25 per second, as in PHOENIX.";
    case Kind::FrameRateOfCsl:
        return "The frame rate is taken to be 30 per second, as in CSL-Daily and CSL.";
    case Kind::GeluOfCoca:
        return "Activation: GELU, as CoCa has it.";
    case Kind::ProjectionAnew:
        return "The last norm and projection are made anew, because the checkpoint's belong to the pooler; training "
               "learns them.";
    default:
        return {};
    }
}

} // namespace

std::string remarkText(const Remark& remark) {
    const std::string count = tensors(remark.count);
    switch (remark.kind) {
    case Kind::UnknownLeftOut:
        return joined({"Left out: ", count, " of no known use, such as '", remark.subject, "'."});
    case Kind::SurplusLeftOut:
        return joined({"Left out: ", count, " that the network has no place for, such as '", remark.subject, "'."});
    case Kind::NoLicence:
        return "No licence is stated. Look it up before you pass the model on.";
    case Kind::ActivationAssumed:
        return "The file does not say which activation its backbone uses; QuickGELU is assumed, as in OpenAI's models. "
               "Most of open_clip's own use GELU.";
    case Kind::NoGlosses:
        return "No gloss dictionary: glosses will be shown as numbers.";
    case Kind::GlossesDoNotFit:
        return joined({"'", remark.subject, "' has ", std::to_string(remark.count), " glosses, but the model knows ",
                       std::to_string(remark.other), " and the blank: they do not belong together."});
    case Kind::TensorsMissing:
        return joined({"Missing: ", count, " of the network, first '", remark.subject, "'."});
    case Kind::WrongShape:
        return joined({"'", remark.subject, "' has the shape ", remark.detail, ", but the network's sizes ask for ",
                       remark.expected, ".",
                       remark.count > 0 ? " Others like it: " + std::to_string(remark.count) + "." : std::string()});
    case Kind::OtherBackbone:
        return joined({"'", remark.subject, "' is not the backbone that these parts were trained on: ", count,
                       " do not fit. Choose its own."});
    case Kind::WrongType:
        return joined({"'", remark.subject, "' holds values of the type ", remark.detail, "."});
    default:
        return noteText(remark);
    }
}

} // namespace livegloss::importing
