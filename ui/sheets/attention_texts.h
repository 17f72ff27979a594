#pragma once

#include "attention/scale.h"
#include "attention/view.h"

#include <QCoreApplication>
#include <QString>

namespace livegloss::ui {

/// Words for attention pictures, in the language of the interface.
class AttentionTexts {
    Q_DECLARE_TR_FUNCTIONS(livegloss::ui::AttentionTexts)
public:
    static QString shown(attention::Shown shown);
    /// What it is, in one sentence.
    static QString definition(attention::Shown shown);
    static QString source(engine::AttentionSource source);
    static QString sourceDefinition(engine::AttentionSource source);
    static QString normalisation(attention::Normalisation normalisation);
    static QString normalisationDefinition(attention::Normalisation normalisation, attention::Shown shown);
    static QString colours(attention::Colours colours);
    /// "Block 4 of 4, mean of 2 heads, from the class token"
    static QString settings(const attention::View& view, const model::ModelConfig& config);
    static QString layer(const attention::Layer& layer);
    /// An end of a scale: shares of attention in percent, signed ones with their sign.
    static QString value(const attention::Layer& layer, float value);
    /// What a colour bar measures, and by which rule its ends were chosen.
    static QString legend(const attention::Layer& layer);
    static QString legendRule(attention::Normalisation normalisation);
    static QString noCause();
    static QString noResponse();
    /// "t − 2", "t", "t + 1"
    static QString offset(int frames);
    /// Why one of the frames around is none of the clip; empty where it is one.
    static QString neighbour(const attention::Layer& layer, const model::ModelConfig& config);
    /// What the numbers beside a picture are.
    static QString sharesDefinition();
    static QString temporalWeightDefinition();
};

} // namespace livegloss::ui
