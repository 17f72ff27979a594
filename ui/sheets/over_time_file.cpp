#include "ui/sheets/over_time_file.h"

#include "ui/sheets/attention_texts.h"
#include "ui/sheets/sheet_file.h"

#include <QFileInfo>

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

TimeChartPage pageOf(const OverTimeMaterial& material) {
    TimeChartPage page;
    page.title = PageText::tr("%1: attention over time").arg(material.clip);
    page.lines = {PageText::tr("Model: %1").arg(QString::fromStdString(material.model.name)), settingsOf(material)};
    if (hasSeries(material.data, OverTimeSeries::Face) || hasSeries(material.data, OverTimeSeries::Hands)) {
        page.lines.append(OverTimeTexts::originLine(material.regions));
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
    const std::map<std::string, std::string> settings{
        {"video", material.clip.toStdString()},
        {"model", material.model.name},
        {"attention", describe(measuredView(material.view), material.model)},
        {"hands and face", describe(material.regions)}};
    const OverTimeData& data = material.data;
    return saveBytes(QByteArray::fromStdString(overTimeCsv(data.moments, data.own, data.glosses, settings)), path);
}

} // namespace livegloss::ui
