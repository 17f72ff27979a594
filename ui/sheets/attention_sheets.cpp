#include "ui/sheets/attention_sheets.h"

#include "ui/sheets/attention_texts.h"
#include "vision/preprocess.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace livegloss::ui {

namespace {

using attention::Layer;
using attention::Normalisation;
using attention::Shown;

constexpr int pixelsPerPatch = 32;

struct SheetText {
    Q_DECLARE_TR_FUNCTIONS(livegloss::ui::AttentionSheet)
};

std::optional<QRectF> queryBox(const attention::View& view, const model::ModelConfig& config) {
    if (view.source != engine::AttentionSource::Patch) {
        return std::nullopt;
    }
    const double side = 1.0 / config.gridSide();
    return QRectF(view.patch % config.gridSide() * side, view.patch / config.gridSide() * side, side, side);
}

QString secondsText(MediaTime time) {
    return QLocale().toString(toSeconds(time), 'f', 2);
}

QString timeLabel(MediaTime time) {
    return SheetText::tr("t = %1 s").arg(secondsText(time));
}

QString frameLabel(const Frame& frame) {
    return frame.index == unknownFrame ? timeLabel(frame.time)
                                       : SheetText::tr("frame %1 · %2 s").arg(frame.index).arg(secondsText(frame.time));
}

/// Under a picture between two frames that the network saw; nothing elsewhere.
QString earlierNote(const SheetFrame& frame) {
    if (!frame.earlier) {
        return {};
    }
    const QString time = secondsText(frame.earlier->time);
    return frame.earlier->index == unknownFrame
               ? SheetText::tr("with the attention of %1 s").arg(time)
               : SheetText::tr("with the attention of frame %1, %2 s").arg(frame.earlier->index).arg(time);
}

/// The frame whose weights a row of figure 4 holds.
AttendedMoment askingFrame(const SheetFrame& frame) {
    return frame.earlier.value_or(AttendedMoment{frame.frame->index, frame.frame->time});
}

QString shares(const Layer& layer) {
    const auto percent = [](float share) { return QLocale().toString(static_cast<double>(share) * 100.0, 'f', 1); };
    if (layer.kind == attention::LayerKind::Difference) {
        return SheetText::tr("class token %1, prefixes %2")
            .arg(AttentionTexts::value(layer, layer.classShare), AttentionTexts::value(layer, layer.prefixShare));
    }
    if (layer.prefixShare > 0.0F) {
        return SheetText::tr("class token %1 %, prefixes %2 %")
            .arg(percent(layer.classShare), percent(layer.prefixShare));
    }
    return SheetText::tr("class token %1 %").arg(percent(layer.classShare));
}

SheetCell cellOf(const SheetMaterial& material, const QImage& picture, const Layer& layer) {
    return layerCell(picture, layer, material.scales, material.view, material.model);
}

void addLegend(Sheet& sheet, const SheetMaterial& material, const Layer& layer) {
    SheetLegend legend = layerLegend(layer, material.scales, material.view);
    if (material.scalesSoFar && material.view.normalisation == Normalisation::Clip) {
        legend.rule = SheetText::tr("clip as far as seen, 2nd to 98th percentile");
    }
    sheet.legends.append(legend);
}

Sheet emptySheet(const SheetMaterial& material) {
    Sheet sheet;
    sheet.title = material.clip;
    const QString name =
        material.model.name.empty() ? SheetText::tr("without a name") : QString::fromStdString(material.model.name);
    sheet.lines = {SheetText::tr("Model: %1").arg(name), AttentionTexts::settings(material.view, material.model)};
    sheet.footer = SheetText::tr("What the network does not see is dimmed. %1 LiveGloss %2")
                       .arg(AttentionTexts::noCause(), QCoreApplication::applicationVersion())
                       .trimmed();
    if (!material.frames.empty()) {
        const Frame& frame = *material.frames.front().frame;
        sheet.aspect = static_cast<double>(frame.width) / frame.height;
    }
    return sheet;
}

} // namespace

SheetCell layerCell(const QImage& picture, const Layer& layer, const attention::ClipScales& scales,
                    const attention::View& view, const model::ModelConfig& config) {
    SheetCell cell;
    cell.frame = picture;
    cell.region = vision::visibleRegion(config.resize, config.resolution);
    cell.dimmed = true;
    cell.query = queryBox(view, config);
    if (vision::hasContrast(layer.values)) {
        cell.overlay = toImage(
            attention::drawLayer(layer, scales.scaleOf(layer, view.normalisation), view.colours, pixelsPerPatch));
    } else {
        cell.note = AttentionTexts::noResponse();
    }
    return cell;
}

SheetLegend layerLegend(const Layer& layer, const attention::ClipScales& scales, const attention::View& view) {
    SheetLegend legend;
    legend.label = AttentionTexts::legend(layer);
    legend.rule = AttentionTexts::legendRule(view.normalisation);
    legend.map = attention::colourMapOf(layer, view.colours);
    legend.contours = view.colours == attention::Colours::Contours && !layer.isSigned();
    if (view.normalisation == Normalisation::Frame) {
        legend.low = SheetText::tr("least");
        legend.high = SheetText::tr("most");
    } else {
        const attention::Scale scale = scales.scaleOf(layer, view.normalisation);
        legend.low = AttentionTexts::value(layer, scale.low);
        legend.middle = AttentionTexts::value(layer, (scale.low + scale.high) / 2.0F);
        legend.high = AttentionTexts::value(layer, scale.high);
    }
    return legend;
}

Sheet spatialSheet(const SheetMaterial& material) {
    Sheet sheet = emptySheet(material);
    SheetRow raw;
    raw.label = SheetText::tr("Video");
    for (const SheetFrame& frame : material.frames) {
        sheet.columns.append(frameLabel(*frame.frame));
        SheetCell cell;
        cell.frame = pictureOf(*frame.frame);
        cell.region = vision::visibleRegion(material.model.resize, material.model.resolution);
        cell.query = queryBox(material.view, material.model);
        cell.note = earlierNote(frame);
        raw.cells.append(cell);
    }
    sheet.rows.append(raw);
    for (const SheetFrame& frame : material.frames) {
        for (std::size_t index = 0; index < frame.layers.size(); ++index) {
            const Layer& layer = frame.layers[index];
            const auto row = static_cast<qsizetype>(index) + 1;
            if (sheet.rows.size() <= row) {
                SheetRow fresh;
                fresh.label = AttentionTexts::layer(layer);
                sheet.rows.append(fresh);
                addLegend(sheet, material, layer);
            }
            SheetCell cell = cellOf(material, pictureOf(*frame.frame), layer);
            if (cell.note.isEmpty()) {
                cell.note = shares(layer);
            }
            sheet.rows[row].cells.append(cell);
        }
    }
    return sheet;
}

namespace {

/// One of the frames around, with the weights over it.
SheetCell neighbourCell(const SheetMaterial& material, const SheetFrame& frame, std::size_t index) {
    const Layer& layer = frame.layers[index];
    SheetCell cell;
    if (layer.neighbour != engine::Neighbour::Outside) {
        cell = cellOf(material, frame.neighbours[index], layer);
    }
    if (frame.neighboursAreInputs) {
        cell.region = {};
    }
    if (layer.neighbour != engine::Neighbour::Frame) {
        cell.note = AttentionTexts::neighbour(layer, material.model);
    }
    if (layer.offset != 0) {
        cell.query.reset();
    }
    return cell;
}

/// The mean of the weights, over the frame that asks.
SheetCell meanOfNeighbours(const SheetMaterial& material, const SheetFrame& frame) {
    const auto own = std::ranges::find(frame.layers, 0, &Layer::offset);
    const auto place = static_cast<std::size_t>(own - frame.layers.begin());
    if (place >= frame.neighbours.size()) {
        return {};
    }
    SheetCell cell = cellOf(material, frame.neighbours[place], crossFrameOverlay(frame.layers));
    if (frame.neighboursAreInputs) {
        cell.region = {};
    }
    return cell;
}

} // namespace

Sheet crossFrameSheet(const SheetMaterial& material) {
    Sheet sheet = emptySheet(material);
    if (!material.frames.empty() && material.frames.front().neighboursAreInputs) {
        const vision::Region seen = vision::visibleRegion(material.model.resize, material.model.resolution);
        sheet.aspect *= seen.width / seen.height;
    }
    for (const SheetFrame& frame : material.frames) {
        const std::vector<Layer>& layers = frame.layers;
        if (sheet.rows.isEmpty() && !layers.empty()) {
            addLegend(sheet, material, layers.front());
            sheet.lines.append(SheetText::tr("Learnt temporal weight: %1 (one frame is %2 s)")
                                   .arg(QLocale().toString(static_cast<double>(frame.temporalWeight), 'g', 3),
                                        QLocale().toString(1.0 / material.model.fps, 'g', 3)));
            for (const Layer& layer : layers) {
                sheet.columns.append(AttentionTexts::offset(layer.offset));
            }
            sheet.columns.append(SheetText::tr("mean, over t"));
        }
        SheetRow row;
        const AttendedMoment asks = askingFrame(frame);
        const bool numbered = asks.index != unknownFrame;
        row.label = numbered ? SheetText::tr("frame %1").arg(asks.index) : timeLabel(asks.time);
        row.detail = numbered ? timeLabel(asks.time) : QString();
        for (std::size_t index = 0; index < layers.size() && index < frame.neighbours.size(); ++index) {
            row.cells.append(neighbourCell(material, frame, index));
        }
        row.cells.append(meanOfNeighbours(material, frame));
        sheet.rows.append(row);
    }
    return sheet;
}

QImage pictureOf(const Frame& frame) {
    const QImage view(frame.rgb.data(), frame.width, frame.height, frame.width * qsizetype{3}, QImage::Format_RGB888);
    return view.copy();
}

Sheet attentionSheet(const SheetMaterial& material) {
    return material.view.shown == Shown::CrossFrame ? crossFrameSheet(material) : spatialSheet(material);
}

} // namespace livegloss::ui
