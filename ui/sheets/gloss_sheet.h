#pragma once

#include "attention/span_study.h"
#include "ui/sheets/sheet.h"

#include <QCoreApplication>

#include <vector>

namespace livegloss::ui {

/// Another gloss that the network weighed in the same place.
struct GlossAlternativeText {
    QString text;
    float probability = 0.0F;
};

/// What a picture of one gloss is made from.
struct GlossMaterial {
    QString clip; ///< the video's name
    QString gloss;
    float confidence = 0.0F;
    MediaTime from{0};
    MediaTime to{0};
    std::vector<GlossAlternativeText> alternatives;
    model::ModelConfig model;
    attention::View view;
    attention::SpanStudy study;
};

/// Words about one gloss, in the language of the interface.
class GlossTexts {
    Q_DECLARE_TR_FUNCTIONS(livegloss::ui::GlossTexts)
public:
    /// Time and frames of the span, and how many the network saw.
    static QString span(const GlossMaterial& material);
    static QString alternatives(const GlossMaterial& material);
    static QString meanHeading();
    static QString strongestHeading();
    static QString secondsHeading();
    /// By which rule frames are strong.
    static QString strongestDefinition(const attention::View& view);
};

/// The mean over the span, the strongest frames and the seconds, each with its time. Side by side and across frames one
/// picture stands for each: AdaptSign's, the overlay.
SheetCell meanCell(const GlossMaterial& material);
QList<SheetCell> strongestCells(const GlossMaterial& material);
QList<SheetCell> secondCells(const GlossMaterial& material);
/// All of it on one page.
Sheet glossSheet(const GlossMaterial& material);

} // namespace livegloss::ui
