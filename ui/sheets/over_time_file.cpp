#include "ui/sheets/over_time_file.h"

#include "ui/sheets/attention_texts.h"
#include "ui/sheets/sheet_file.h"

#include "base/decimal.h"

#include <QFileInfo>
#include <QLocale>

#include <cmath>

namespace livegloss::ui {

namespace {

struct PageText {
    Q_DECLARE_TR_FUNCTIONS(livegloss::ui::OverTimePage)
};

QString settingsOf(const OverTimeMaterial& material) {
    const QString settings = AttentionTexts::settings(measuredView(material.view), material.model);
    return material.view.shown == attention::Shown::Frozen
               ? QStringLiteral("%1: %2").arg(AttentionTexts::shown(material.view.shown), settings)
               : settings;
}

QString percentText(double share) {
    return QLocale().toString(share * 100.0, 'f', 1);
}

/// As --region of the command line takes it.
std::string percentList(const vision::Region& region) {
    std::string text;
    for (const double share : {region.left, region.top, region.width, region.height}) {
        text += text.empty() ? "" : ",";
        text += decimalText(std::round(share * 1e4) / 1e2);
    }
    return text;
}

TimeChartPage pageOf(const OverTimeMaterial& material) {
    TimeChartPage page;
    page.title = PageText::tr("%1: attention over time").arg(material.clip);
    page.lines = {PageText::tr("Model: %1").arg(QString::fromStdString(material.model.name)), settingsOf(material)};
    if (hasSeries(material.data, OverTimeSeries::Face) || hasSeries(material.data, OverTimeSeries::Hands)) {
        page.lines.append(OverTimeTexts::originLine(material.regions));
    }
    if (material.own) {
        page.lines.append(PageText::tr("Your region, in percent of the picture: left %1, top %2, width %3, height %4")
                              .arg(percentText(material.own->left), percentText(material.own->top),
                                   percentText(material.own->width), percentText(material.own->height)));
    }
    page.chart = overTimeChart(material.data, material.series, false);
    page.range = material.range;
    page.footer = AttentionTexts::noCause() + QStringLiteral(" LiveGloss ") + QCoreApplication::applicationVersion();
    return page;
}

} // namespace

Result<void> saveOverTime(const OverTimeMaterial& material, const QString& path) {
    if (QFileInfo(path).suffix().toLower() != QLatin1String("csv")) {
        return saveTimeChart(pageOf(material), path);
    }
    const std::string network = material.view.shown == attention::Shown::Frozen ? "frozen backbone, " : "";
    std::map<std::string, std::string> settings{
        {"video", material.clip.toStdString()},
        {"model", material.model.name},
        {"attention", network + describe(measuredView(material.view), material.model)},
        {"hands and face", describe(material.regions)}};
    if (material.own) {
        settings["own region: left, top, width, height in percent"] = percentList(*material.own);
    }
    const OverTimeData& data = material.data;
    return saveBytes(QByteArray::fromStdString(overTimeCsv(data.moments, data.own, data.glosses, settings)), path);
}

} // namespace livegloss::ui
