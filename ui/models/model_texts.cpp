#include "ui/models/model_texts.h"

#include "ui/text_format.h"

#include <QLocale>

#include <cmath>

namespace livegloss::ui {

QString ModelTexts::size(qint64 bytes) {
    return QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat);
}

QString ModelTexts::percent(qint64 part, qint64 whole) {
    const qint64 hundredths = whole > 0 ? part * 100 / whole : 0;
    return tr("%1%").arg(hundredths);
}

QString ModelTexts::signLanguage(const QString& code) {
    if (code == QLatin1String("gsg")) {
        return tr("German Sign Language");
    }
    if (code == QLatin1String("csl")) {
        return tr("Chinese Sign Language");
    }
    if (code == QLatin1String("synthetic")) {
        return tr("Synthetic signer");
    }
    return code;
}

QString ModelTexts::summary(const ShelfEntry& entry) {
    QStringList facts;
    if (entry.isBackbone()) {
        facts.append(tr("Backbone for training"));
    } else if (const QString language = signLanguage(entry.signLanguage()); !language.isEmpty()) {
        facts.append(language);
    }
    if (entry.bytes > 0) {
        facts.append(size(entry.bytes));
    }
    if (!entry.licence().isEmpty()) {
        facts.append(entry.licence());
    }
    if (entry.catalogued && entry.catalogued->supply == downloads::Supply::ByHand) {
        facts.append(tr("fetched by hand"));
    }
    return facts.join(QStringLiteral(" \u00b7 "));
}

QString ModelTexts::progress(const downloads::Download& download) {
    QStringList facts{tr("%1 of %2").arg(size(download.received()), size(download.bytes()))};
    if (const double rate = download.bytesPerSecond(); rate >= 1.0) {
        facts.append(tr("%1 a second").arg(size(std::llround(rate))));
        facts.append(formatTimeLeft(static_cast<double>(download.bytes() - download.received()) / rate));
    }
    return facts.join(QStringLiteral(" \u00b7 "));
}

QString ModelTexts::part(model::ModelPart part) {
    switch (part) {
    case model::ModelPart::Backbone:
        return tr("backbone");
    case model::ModelPart::Adapters:
        return tr("adapters");
    case model::ModelPart::Prefixes:
        return tr("prefixes");
    case model::ModelPart::Aggregation:
        return tr("aggregation");
    case model::ModelPart::CrossFrame:
        return tr("cross-frame attention");
    case model::ModelPart::FrameFeature:
        return tr("frame feature");
    case model::ModelPart::TemporalHead:
        break;
    }
    return tr("temporal head");
}

} // namespace livegloss::ui
