#include "ui/dialogs/import_remarks.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

namespace livegloss::ui {
namespace {

struct ImportTexts {
    Q_DECLARE_TR_FUNCTIONS(livegloss::ui::ImportTexts)
public:
    static QString leftOut(const importing::Remark& remark, int count) {
        using Kind = importing::Remark::Kind;
        const QString subject = QString::fromStdString(remark.subject);
        switch (remark.kind) {
        case Kind::TrainingLeftOut:
            return tr("Left out: tensors of the optimiser and other parts of training (%1).").arg(count);
        case Kind::TextSideLeftOut:
            return tr("Left out: tensors of CLIP's text side (%1).").arg(count);
        case Kind::PoolerLeftOut:
            return tr("Left out: tensors of CoCa's attentional pooler (%1). AdaptSign works on the tokens before it.")
                .arg(count);
        case Kind::UnknownLeftOut:
            return tr("Left out: tensors of no known use (%1), such as %2.").arg(count).arg(subject);
        case Kind::SurplusLeftOut:
            return tr("Left out: tensors that the network has no place for (%1), such as %2.").arg(count).arg(subject);
        default:
            return {};
        }
    }

    static QString assumed(importing::Remark::Kind kind) {
        using Kind = importing::Remark::Kind;
        switch (kind) {
        case Kind::ClipColours:
            return tr("Colours are normalised by CLIP's mean and deviation.");
        case Kind::FrameRateAssumed:
            return tr("The frame rate is taken to be 25 per second.");
        case Kind::FrameRateOfCsl:
            return tr("The frame rate is taken to be 30 per second, as in CSL-Daily and CSL.");
        case Kind::GeluOfCoca:
            return tr("Activation: GELU, as CoCa has it.");
        case Kind::ProjectionAnew:
            return tr("The last norm and projection are made anew, because the checkpoint's belong to the pooler; "
                      "training learns them.");
        case Kind::NoLicence:
            return tr("No licence is stated. Look it up before you pass the model on.");
        case Kind::ActivationAssumed:
            return tr("The file does not say which activation its backbone uses; QuickGELU is assumed, as in OpenAI's "
                      "models. Most of open_clip's own use GELU.");
        case Kind::NoGlosses:
            return tr("Without a gloss dictionary, glosses are shown as numbers.");
        default:
            return {};
        }
    }

    static QString about(const importing::Remark& remark, int count) {
        using Kind = importing::Remark::Kind;
        const QString subject = QString::fromStdString(remark.subject);
        const QString detail = QString::fromStdString(remark.detail);
        switch (remark.kind) {
        case Kind::WeightsOfGroup:
            return tr("The weights are those of %1.").arg(subject);
        case Kind::FromBackbone:
            return tr("Tensors from the backbone %1: %2.").arg(subject).arg(count);
        case Kind::GlossesDoNotFit:
            return tr("The model knows %1 glosses, but %2 has %3: they do not belong together.")
                .arg(remark.other)
                .arg(subject)
                .arg(count);
        case Kind::TensorsMissing:
            return tr("Tensors that the network needs are missing (%1), first %2.").arg(count).arg(subject);
        case Kind::WrongShape:
            return tr("%1 has the shape %2, but the network needs %3.")
                       .arg(subject, detail, QString::fromStdString(remark.expected)) +
                   (count > 0 ? QLatin1Char(' ') + tr("Others like it: %1.").arg(count) : QString());
        case Kind::OtherBackbone:
            return tr("%1 is not the backbone that these parts were trained on: %2 tensors do not fit. Choose its own.")
                .arg(subject)
                .arg(count);
        case Kind::WrongType:
            return tr("%1 holds values of the type %2.").arg(subject, detail);
        default:
            return {};
        }
    }

    static QString title(const importing::ImportPreview& found) {
        if (found.kind == importing::ImportKind::Backbone) {
            return tr("CLIP image tower: a backbone to train on, not a recogniser");
        }
        return found.epoch ? tr("AdaptSign model, epoch %1").arg(*found.epoch) : tr("AdaptSign model");
    }

    static QString preview(const importing::ImportPreview& found) {
        const model::ModelConfig& config = found.config;
        const bool whole = found.kind == importing::ImportKind::Recogniser;
        QStringList lines;
        lines << tr("%1 blocks of width %2, patches of %3 × %3 pixels, pictures of %4 × %4")
                     .arg(config.layers)
                     .arg(config.width)
                     .arg(config.patch)
                     .arg(config.resolution);
        if (whole) {
            QStringList first;
            for (std::size_t i = 1; i < config.vocabulary.size() && i <= 5; ++i) {
                first << QString::fromStdString(config.vocabulary[i]);
            }
            const QString count = tr("Glosses: %1").arg(config.classes - 1);
            lines << (first.isEmpty() ? count : tr("%1 (%2, …)").arg(count, first.join(QStringLiteral(", "))));
        }
        lines << tr("%1 MB to be written").arg(QLocale().toString(static_cast<double>(found.bytes) / 1e6, 'f', 1));
        return lines.join(QLatin1Char('\n'));
    }
};

} // namespace

QString shownRemark(const importing::Remark& remark) {
    const int count = static_cast<int>(remark.count);
    for (const QString& text :
         {ImportTexts::leftOut(remark, count), ImportTexts::assumed(remark.kind), ImportTexts::about(remark, count)}) {
        if (!text.isEmpty()) {
            return text;
        }
    }
    return QString::fromStdString(importing::remarkText(remark));
}

QString previewTitle(const importing::ImportPreview& preview) {
    return ImportTexts::title(preview);
}

QString previewText(const importing::ImportPreview& preview) {
    return ImportTexts::preview(preview);
}

} // namespace livegloss::ui
