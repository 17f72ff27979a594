#pragma once

#include "ui/models/model_shelf.h"

#include <QCoreApplication>

namespace livegloss::ui {

/// How models are spoken of, in the user's language.
class ModelTexts {
    Q_DECLARE_TR_FUNCTIONS(Models)
public:
    /// "10.3 MB" in decimal units.
    static QString size(qint64 bytes);
    /// "37%".
    static QString percent(qint64 part, qint64 whole);
    /// "German Sign Language" for "gsg"; other codes as they are.
    static QString signLanguage(const QString& code);
    /// "Synthetic signer, 10.3 MB, Apache-2.0".
    static QString summary(const ShelfEntry& entry);
    /// "Cross-frame attention".
    static QString part(model::ModelPart part);
    /// "120 of 350 MB · 2.1 MB a second · 2 min left".
    static QString progress(const downloads::Download& download);
};

} // namespace livegloss::ui
