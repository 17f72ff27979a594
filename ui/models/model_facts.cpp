#include "ui/models/model_facts.h"

#include "ui/models/model_texts.h"
#include "ui/style/theme.h"

#include <QFormLayout>
#include <QLabel>
#include <QLocale>

#include <algorithm>

namespace livegloss::ui {

namespace {

QLabel* factLabel(QWidget* parent, const char* role) {
    auto* label = new QLabel(parent);
    label->setProperty("role", QString::fromLatin1(role));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setFocusPolicy(Qt::ClickFocus); // so that what is marked can be copied
    return label;
}

} // namespace

ModelFacts::ModelFacts(ShelfEntry entry, QWidget* parent)
    : QWidget(parent), entry_(std::move(entry)), form_(new QFormLayout(this)) {
    form_->setContentsMargins(0, grid, 0, 0);
    form_->setHorizontalSpacing(3 * grid);
    form_->setVerticalSpacing(grid);
    form_->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    addCard();
    addCatalogue();
}

QLabel* ModelFacts::addFact(const QString& name, const QString& value) {
    QLabel* text = factLabel(this, "text");
    text->setText(value.isEmpty() ? tr("not stated") : value);
    QLabel* label = factLabel(this, "muted");
    label->setWordWrap(false);
    label->setText(name);
    form_->addRow(label, text);
    return text;
}

void ModelFacts::addLink(const QString& name, const QUrl& target) {
    const QString shown = target.host() + target.path();
    QLabel* link = addFact(name, shown);
    link->setTextFormat(Qt::RichText);
    link->setTextInteractionFlags(Qt::TextBrowserInteraction);
    link->setOpenExternalLinks(true);
    link->setFocusPolicy(Qt::StrongFocus);
    link->setAccessibleName(name + QStringLiteral(": ") + shown);
    link->setText(
        QStringLiteral("<a href=\"%1\">%2</a>").arg(target.toString().toHtmlEscaped(), shown.toHtmlEscaped()));
}

void ModelFacts::addCard() {
    const QLocale locale;
    addFact(tr("Sign language"), entry_.isBackbone() ? tr("none") : ModelTexts::signLanguage(entry_.signLanguage()));
    addFact(tr("Licence"), entry_.licence());
    if (entry_.card) {
        addSizes(*entry_.card);
    }
    if (entry_.bytes > 0) {
        addFact(tr("Size"), tr("%1 (%2 bytes)").arg(ModelTexts::size(entry_.bytes), locale.toString(entry_.bytes)));
    }
    if (entry_.installed()) {
        addFact(tr("File"), entry_.path);
    }
}

void ModelFacts::addSizes(const ModelCard& card) {
    constexpr double million = 1e6;
    const QLocale locale;
    const model::ModelConfig& config = card.config;
    if (!card.backbone) {
        addFact(tr("Signs"), locale.toString(std::max(0, config.classes - 1)));
    }
    addFact(tr("Parameters"),
            tr("%1 million").arg(locale.toString(static_cast<double>(card.parameters) / million, 'f', 2)));
    const QString picture = tr("%1 × %1 pixels in %2 × %2 patches").arg(config.resolution).arg(config.gridSide());
    addFact(tr("Picture"),
            card.backbone ? picture : tr("%1, %2 frames a second").arg(picture, locale.toString(config.fps)));
    addFact(
        tr("Encoder"),
        tr("%1 blocks of width %2, frame features of %3").arg(config.layers).arg(config.width).arg(config.embedDim));
    if (card.backbone) {
        addBackboneFacts(card);
    } else {
        const model::TemporalLayout layout = model::temporalLayout(config.convType);
        addFact(tr("Temporal head"), tr("width %1, a step every %2 frames, each sees %3")
                                         .arg(config.hidden)
                                         .arg(layout.stride)
                                         .arg(layout.receptiveField));
        addCosts(card);
    }
    if (!card.source.empty()) {
        addFact(tr("Imported from"), QString::fromStdString(card.source));
    }
}

void ModelFacts::addBackboneFacts(const ModelCard& card) {
    const bool gelu = card.config.activation == model::Activation::Gelu;
    addFact(tr("Activation"), gelu ? QStringLiteral("GELU") : QStringLiteral("QuickGELU"));
    addFact(tr("Normalisation"), card.config.normalisation == model::plainNormalisation
                                     ? tr("plain, from -1 to 1")
                                     : tr("by the file's mean and deviation"));
    constexpr double million = 1e6;
    double computed = 0.0;
    for (const model::PartCost& cost : card.costs) {
        computed += cost.multiplicationsAsDrawn;
    }
    addFact(tr("Computation"),
            tr("%1 million multiplications a frame").arg(QLocale().toString(computed / million, 'f', 1)));
}

void ModelFacts::addCosts(const ModelCard& card) {
    if (card.costs.empty() || card.parameters <= 0) {
        return;
    }
    constexpr double million = 1e6;
    const QLocale locale;
    std::int64_t trained = 0;
    double computed = 0.0;
    QStringList parts;
    for (const model::PartCost& cost : card.costs) {
        trained += cost.trained;
        computed += cost.multiplicationsAsDrawn;
        parts << tr("%1: %2").arg(ModelTexts::part(cost.part),
                                  locale.toString(cost.multiplicationsAsDrawn / million, 'f', 1));
    }
    const double added = model::addedComputation(card.costs, &model::PartCost::multiplicationsAsDrawn);
    addFact(
        tr("Trained"),
        tr("%1% of the parameters, on the frozen backbone")
            .arg(locale.toString(100.0 * static_cast<double>(trained) / static_cast<double>(card.parameters), 'f', 1)));
    addFact(tr("Computation"),
            tr("%1 million multiplications a frame; AdaptSign's modules add %2% to the backbone's")
                .arg(locale.toString(computed / million, 'f', 1), locale.toString(100.0 * added, 'f', 1)));
    addFact(tr("By part, million"), parts.join(QStringLiteral(" · ")));
    const double fused = model::addedComputation(card.costs, &model::PartCost::multiplicationsFused);
    addFact(
        tr("How it is counted"),
        tr("Every multiplication of matrix products and attention, once each, as the network is drawn in the paper. "
           "Computed as this program does, with constant products kept, the modules add %1%.")
            .arg(locale.toString(100.0 * fused, 'f', 1)));
}

void ModelFacts::addCatalogue() {
    if (const auto& known = entry_.catalogued) {
        for (const downloads::Figures& row : known->figures) {
            const QLocale locale;
            addFact(tr("Word error rate"),
                    tr("%1: dev %2%, test %3% (by its authors)")
                        .arg(row.dataSet, locale.toString(row.dev, 'f', 1), locale.toString(row.test, 'f', 1)));
        }
        if (known->source.isValid() && !known->source.isEmpty()) {
            addLink(tr("Source"), known->source);
        }
        if (known->fetchable()) {
            addLink(tr("Address"), known->address);
        }
    }
    const bool published = entry_.catalogued && !entry_.catalogued->sha256.isEmpty();
    if (entry_.installed() || published) {
        checksumLabel_ = addFact(QStringLiteral("SHA-256"), {});
        checksumLabel_->setObjectName(QStringLiteral("modelChecksum"));
        showChecksum({});
    }
}

void ModelFacts::showChecksum(const std::optional<QByteArray>& sha256) {
    if (checksumLabel_ == nullptr) {
        return;
    }
    const QByteArray published = entry_.catalogued ? entry_.catalogued->sha256 : QByteArray();
    // Broken after half of its digits, so that it fits beside the vocabulary.
    const auto digits = [](const QByteArray& sum) {
        return QString::fromLatin1(sum.left(sum.size() / 2) + '\n' + sum.mid(sum.size() / 2));
    };
    QString text;
    if (!entry_.installed()) {
        text = digits(published);
    } else if (!sha256) {
        // With room for what comes, so that nothing below it moves.
        text = tr("Computing…") + QString(published.isEmpty() ? 1 : 2, QLatin1Char('\n'));
    } else if (sha256->isEmpty()) {
        text = tr("The file cannot be read.");
    } else {
        text = digits(*sha256);
        if (!published.isEmpty()) {
            text +=
                QLatin1Char('\n') + (*sha256 == published ? tr("As published") : tr("Differs from the published one"));
        }
    }
    checksumLabel_->setText(text);
}

} // namespace livegloss::ui
