#include "ui/sheets/attention_texts.h"

#include <QLocale>

#include <cmath>

namespace livegloss::ui {

using attention::Colours;
using attention::LayerKind;
using attention::Normalisation;
using attention::Shown;
using engine::AttentionSource;

QString AttentionTexts::shown(Shown shown) {
    switch (shown) {
    case Shown::Adapted:
        return tr("AdaptSign");
    case Shown::Frozen:
        return tr("Frozen backbone");
    case Shown::SideBySide:
        return tr("Frozen beside AdaptSign");
    case Shown::Difference:
        return tr("Difference");
    case Shown::CrossFrame:
        break;
    }
    return tr("Across frames");
}

QString AttentionTexts::definition(Shown shown) {
    switch (shown) {
    case Shown::Adapted:
        return tr("How AdaptSign spreads its attention over the patches of a frame, with adapters and prefixes.");
    case Shown::Frozen:
        return tr("The same of the image model that AdaptSign was built on, without adapters and prefixes.");
    case Shown::SideBySide:
        return tr("Both at the same moment: left before adaptation, right after it.");
    case Shown::Difference:
        return tr("AdaptSign's attention minus that of the frozen backbone: orange gained, blue lost.");
    case Shown::CrossFrame:
        break;
    }
    return tr("How strongly this frame takes up each patch of the frames around it and of itself: orange emphasises, "
              "blue suppresses, pale is left alone. The large picture is the mean over these frames.");
}

QString AttentionTexts::source(AttentionSource source) {
    switch (source) {
    case AttentionSource::ClassToken:
        return tr("Class token");
    case AttentionSource::AggregationQuery:
        return tr("Aggregation query");
    case AttentionSource::Patch:
        break;
    }
    return tr("Chosen patch");
}

QString AttentionTexts::sourceDefinition(AttentionSource source) {
    switch (source) {
    case AttentionSource::ClassToken:
        return tr("The token that stands for the whole frame.");
    case AttentionSource::AggregationQuery:
        return tr("The learnt query with which AdaptSign gathers what each block found.");
    case AttentionSource::Patch:
        break;
    }
    return tr("The patch in the red box: click another in the picture, or move the box with the arrow keys.");
}

QString AttentionTexts::normalisation(Normalisation normalisation) {
    switch (normalisation) {
    case Normalisation::Clip:
        return tr("Per clip");
    case Normalisation::Absolute:
        return tr("Absolute");
    case Normalisation::Frame:
        break;
    }
    return tr("Per frame");
}

QString AttentionTexts::normalisationDefinition(Normalisation normalisation, Shown shown) {
    switch (normalisation) {
    case Normalisation::Clip:
        return tr("The colours run from the 2nd to the 98th percentile of the clip so far: frames are comparable.");
    case Normalisation::Absolute:
        switch (shown) {
        case Shown::Difference:
            return tr("The colours mean the same in every clip and model: up to four times the share that looking "
                      "everywhere alike would give, less or more.");
        case Shown::CrossFrame:
            return tr("The colours mean the same in every clip and model: from −0.5 to +0.5, the least and the most "
                      "that a weight can be.");
        default:
            return tr("The colours mean the same in every clip and model: up to eight times the share that looking "
                      "everywhere alike would give.");
        }
    case Normalisation::Frame:
        break;
    }
    return tr("The colours run from the least to the most of each frame: every frame looks equally sure, even where "
              "the network is not.");
}

QString AttentionTexts::colours(Colours colours) {
    switch (colours) {
    case Colours::Inferno:
        return tr("Inferno");
    case Colours::Cividis:
        return tr("Cividis");
    case Colours::Viridis:
        return tr("Viridis");
    case Colours::Grey:
        return tr("Grey");
    case Colours::Contours:
        return tr("Contour lines");
    case Colours::Jet:
        break;
    }
    return tr("Jet, as in the paper");
}

QString AttentionTexts::settings(const attention::View& view, const model::ModelConfig& config) {
    QString from = tr("from the class token");
    if (view.source == AttentionSource::AggregationQuery) {
        from = tr("from the aggregation query");
    } else if (view.source == AttentionSource::Patch) {
        from = tr("from the patch in row %1, column %2")
                   .arg(view.patch / config.gridSide() + 1)
                   .arg(view.patch % config.gridSide() + 1);
    }
    if (view.shown == Shown::CrossFrame) {
        return tr("Cross-frame weights sigmoid(a) − 0.5, %1").arg(from);
    }
    const int block = view.block == engine::lastBlock ? config.layers : view.block + 1;
    QString head = tr("head %1 of %2").arg(view.head + 1).arg(config.heads);
    if (config.heads == 1) {
        head = tr("its only head");
    } else if (view.head == engine::meanOfHeads) {
        head = tr("mean of %1 heads").arg(config.heads);
    }
    return tr("Attention in block %1 of %2, %3, %4").arg(block).arg(config.layers).arg(head, from);
}

QString AttentionTexts::layer(const attention::Layer& layer) {
    switch (layer.kind) {
    case LayerKind::Adapted:
        return tr("AdaptSign");
    case LayerKind::Frozen:
        return tr("Frozen");
    case LayerKind::Difference:
        return tr("AdaptSign − frozen");
    case LayerKind::CrossFrame:
        break;
    }
    return tr("Cross-frame weight");
}

QString AttentionTexts::value(const attention::Layer& layer, float value) {
    const QLocale locale;
    if (layer.kind == LayerKind::CrossFrame) {
        const QString text = locale.toString(std::abs(static_cast<double>(value)), 'f', 2);
        return value > 0.0F ? QStringLiteral("+") + text : value < 0.0F ? QStringLiteral("−") + text : text;
    }
    const double percent = static_cast<double>(value) * 100.0;
    const QString text =
        locale.toString(std::abs(percent), 'f', std::abs(percent) < 1.0 ? 2 : 1) + QStringLiteral(" %");
    if (layer.kind == LayerKind::Difference && value != 0.0F) {
        return (value > 0.0F ? QStringLiteral("+") : QStringLiteral("−")) + text;
    }
    return text;
}

QString AttentionTexts::legend(const attention::Layer& layer) {
    const QString unit = layer.kind == LayerKind::CrossFrame ? tr("sigmoid(a) − 0.5 per patch") : tr("share per patch");
    return tr("%1: %2").arg(AttentionTexts::layer(layer), unit);
}

QString AttentionTexts::legendRule(Normalisation normalisation) {
    switch (normalisation) {
    case Normalisation::Clip:
        return tr("per clip, 2nd to 98th percentile");
    case Normalisation::Absolute:
        return tr("absolute, the same for every clip");
    case Normalisation::Frame:
        break;
    }
    return tr("each frame by itself");
}

QString AttentionTexts::noCause() {
    return tr("Attention shows what was weighed. It does not prove why a gloss was chosen.");
}

QString AttentionTexts::noResponse() {
    return tr("no response");
}

QString AttentionTexts::offset(int frames) {
    if (frames == 0) {
        return QStringLiteral("t");
    }
    return frames < 0 ? QStringLiteral("t − %1").arg(-frames) : QStringLiteral("t + %1").arg(frames);
}

QString AttentionTexts::neighbour(const attention::Layer& layer, const model::ModelConfig& config) {
    switch (layer.neighbour) {
    case engine::Neighbour::Frame:
        return {};
    case engine::Neighbour::Copy:
        return tr("copy at the clip's end or a jump");
    case engine::Neighbour::Outside:
        break;
    }
    return config.pastOnly && layer.offset > 0 ? tr("not used by this model") : tr("outside the clip");
}

QString AttentionTexts::sharesDefinition() {
    return tr("Class-token share and prefix share: the parts of the attention that rest on the token that stands for "
              "the whole frame, and on the learnt prefixes together. The picture shows how the rest is spread over the "
              "patches.");
}

QString AttentionTexts::temporalWeightDefinition() {
    return tr(
        "Learnt temporal weight: what the sum over all these patches is multiplied with before it is added to the "
        "frame. Near zero the model makes little use of the frames around, however bright the picture.");
}

} // namespace livegloss::ui
