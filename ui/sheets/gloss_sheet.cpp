#include "ui/sheets/gloss_sheet.h"

#include "ui/sheets/attention_sheets.h"
#include "ui/sheets/attention_texts.h"

#include <QLocale>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr qsizetype columnsOfSheet = 3;
constexpr float leastAlternative = 0.005F; // what would be 0 % is none

QString seconds(MediaTime time) {
    return QLocale().toString(toSeconds(time), 'f', 2);
}

QString percent(float share) {
    return QLocale().toString(static_cast<double>(share) * 100.0, 'f', 0);
}

SheetCell cellOf(const GlossMaterial& material, const attention::SpanFrame& frame, const QString& note) {
    SheetCell cell =
        layerCell(pictureOf(*frame.frame), frame.layers.back(), material.study.scales, material.view, material.model);
    cell.note = cell.note.isEmpty() ? note : QStringLiteral("%1 · %2").arg(note, cell.note);
    return cell;
}

/// In rows of so many that the page stays narrow.
void addRows(Sheet& sheet, const QString& label, const QString& detail, const QList<SheetCell>& cells) {
    for (qsizetype first = 0; first < cells.size(); first += columnsOfSheet) {
        SheetRow row;
        row.label = first == 0 ? label : QString();
        row.detail = first == 0 ? detail : QString();
        row.cells = cells.mid(first, columnsOfSheet);
        sheet.rows.append(row);
    }
}

} // namespace

QString GlossTexts::span(const GlossMaterial& material) {
    const QString times = tr("%1 to %2 s").arg(seconds(material.from), seconds(material.to));
    const attention::SpanStudy& study = material.study;
    if (study.firstFrame == unknownFrame || study.lastFrame == unknownFrame) {
        return tr("%1; frames that the network saw: %2").arg(times).arg(study.frames);
    }
    return tr("%1, frames %2 to %3, of which the network saw %4")
        .arg(times)
        .arg(study.firstFrame)
        .arg(study.lastFrame)
        .arg(study.frames);
}

QString GlossTexts::alternatives(const GlossMaterial& material) {
    QStringList others;
    for (const GlossAlternativeText& other : material.alternatives) {
        if (other.probability >= leastAlternative) {
            others.append(tr("%1 %2 %").arg(other.text, percent(other.probability)));
        }
    }
    return others.isEmpty() ? tr("Confidence %1 %; no other gloss came close.").arg(percent(material.confidence))
                            : tr("Confidence %1 %; next were %2.")
                                  .arg(percent(material.confidence), others.join(QStringLiteral(", ")));
}

QString GlossTexts::meanHeading() {
    return tr("Mean over its frames");
}

QString GlossTexts::strongestHeading() {
    return tr("Strongest frames");
}

QString GlossTexts::secondsHeading() {
    return tr("Second by second");
}

QString GlossTexts::strongestDefinition(const attention::View& view) {
    switch (view.shown) {
    case attention::Shown::Difference:
        return tr("Strongest: the three frames with the largest sum of differences, up or down.");
    case attention::Shown::CrossFrame:
        return tr("Strongest: the three frames with the largest sum of weights across frames, up or down.");
    default:
        return tr("Strongest: the three frames whose attention is the most concentrated (lowest entropy).");
    }
}

SheetCell meanCell(const GlossMaterial& material) {
    return cellOf(material, material.study.mean,
                  GlossTexts::tr("over the frame at %1 s").arg(seconds(material.study.mean.frame->time)));
}

QList<SheetCell> strongestCells(const GlossMaterial& material) {
    QList<SheetCell> cells;
    for (const attention::SpanFrame& frame : material.study.strongest) {
        cells.append(cellOf(material, frame, GlossTexts::tr("%1 s").arg(seconds(frame.frame->time))));
    }
    return cells;
}

QList<SheetCell> secondCells(const GlossMaterial& material) {
    QList<SheetCell> cells;
    for (const attention::SpanFrame& frame : material.study.seconds) {
        const MediaTime length = std::chrono::seconds(1);
        const MediaTime begin = material.from + (frame.frame->time - material.from) / length * length;
        cells.append(
            cellOf(material, frame,
                   GlossTexts::tr("%1 to %2 s").arg(seconds(begin), seconds(std::min(begin + length, material.to)))));
    }
    return cells;
}

Sheet glossSheet(const GlossMaterial& material) {
    Sheet sheet;
    sheet.title = GlossTexts::tr("%1 in %2").arg(material.gloss, material.clip);
    sheet.lines = {GlossTexts::span(material), GlossTexts::alternatives(material),
                   GlossTexts::tr("Model: %1").arg(QString::fromStdString(material.model.name)),
                   AttentionTexts::settings(material.view, material.model),
                   GlossTexts::strongestDefinition(material.view)};
    const Frame& frame = *material.study.mean.frame;
    sheet.aspect = static_cast<double>(frame.width) / std::max(1, frame.height);
    addRows(sheet, GlossTexts::meanHeading(), {}, {meanCell(material)});
    addRows(sheet, GlossTexts::strongestHeading(), GlossTexts::tr("strongest first"), strongestCells(material));
    addRows(sheet, GlossTexts::secondsHeading(), GlossTexts::tr("mean of each second"), secondCells(material));
    const attention::Layer& layer = material.study.mean.layers.back();
    SheetLegend legend = layerLegend(layer, material.study.scales, material.view);
    if (material.view.normalisation == attention::Normalisation::Clip) {
        legend.rule = GlossTexts::tr("over this gloss, 2nd to 98th percentile");
    }
    sheet.legends.append(legend);
    sheet.footer = AttentionTexts::noCause() + QStringLiteral(" LiveGloss ") + QCoreApplication::applicationVersion();
    return sheet;
}

} // namespace livegloss::ui
