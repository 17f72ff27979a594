#include "ui/views/gloss_export.h"

#include "base/new_file.h"
#include "export/gloss_file.h"
#include "ui/bridge/session_bridge.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/text_format.h"
#include "ui/views/model_picker.h"

#include <QDir>
#include <QFileInfo>
#include <QMessageBox>
#include <QStandardPaths>

#include <algorithm>

namespace livegloss::ui {

namespace {

QString formats() {
    return GlossExport::tr("SubRip subtitles") + QStringLiteral(" (*.srt);;") + GlossExport::tr("WebVTT subtitles") +
           QStringLiteral(" (*.vtt);;") + GlossExport::tr("Table") + QStringLiteral(" (*.csv);;") +
           GlossExport::tr("Times for scoring, CTM") + QStringLiteral(" (*.ctm);;") + GlossExport::tr("JSON") +
           QStringLiteral(" (*.json);;") + GlossExport::tr("Glosses in one line") + QStringLiteral(" (*.txt)");
}

QString askPath(QWidget* window, const QString& suggestion) {
    return askWhereToSave(window, GlossExport::tr("Save Glosses"), formats(), suggestion);
}

void refuseWithMessage(QWidget* window, const QString& title, const QString& why) {
    QMessageBox box(QMessageBox::Warning, title, title, QMessageBox::Ok, window);
    box.setInformativeText(why);
    box.exec();
}

session::GlossReport reportOf(const RecognisedGlosses& glosses) {
    const session::Snapshot& snapshot = glosses.snapshot;
    session::GlossReport report;
    report.model = glosses.model;
    report.fps = glosses.fps;
    report.input = glosses.input;
    report.durationSeconds = toSeconds(snapshot.source.duration.value_or(snapshot.position));
    for (const session::CaptionGloss& gloss : *glosses.list()) {
        if (gloss.change != session::OfflineChange::Removed) {
            report.glosses.push_back(gloss);
        }
    }
    const session::Statistics& figures = snapshot.statistics;
    report.frames = {figures.captured, figures.encoded, figures.reused, figures.interpolated,
                     figures.droppedOverload + figures.droppedSource};
    return report;
}

} // namespace

GlossExport::GlossExport(const SessionBridge& bridge, const ModelPicker& models, QWidget* window)
    : QObject(window), bridge_(bridge), models_(models), window_(window), ask_(askPath), refuse_(refuseWithMessage) {}

void GlossExport::setServices(Ask ask, Refuse refuse) {
    ask_ = std::move(ask);
    refuse_ = std::move(refuse);
}

std::size_t RecognisedGlosses::count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        *list(), [](const auto& gloss) { return gloss.change != session::OfflineChange::Removed; }));
}

RecognisedGlosses GlossExport::present() const {
    const auto& request = bridge_.request();
    RecognisedGlosses glosses;
    glosses.snapshot = bridge_.snapshot();
    glosses.isFile = request && request->kind == media::SourceKind::File;
    glosses.input = glosses.isFile ? request->location : glosses.snapshot.source.name;
    if (models_.current()) {
        glosses.model = models_.current()->path.toStdString();
        glosses.fps = models_.current()->fps;
    }
    return glosses;
}

/// Beside a video and by its name; what came from elsewhere is named by the time of day.
QString GlossExport::suggestion(const RecognisedGlosses& glosses, const QDateTime& since) const {
    const QFileInfo video(glosses.isFile ? QString::fromStdString(glosses.input) : QString());
    const QString name = glosses.isFile ? video.completeBaseName()
                                        : tr("Glosses %1").arg(since.toString(QStringLiteral("yyyy-MM-dd HH-mm")));
    QString folder = lastFolder_;
    if (folder.isEmpty() || !QFileInfo(folder).isDir()) {
        const bool beside = glosses.isFile && QFileInfo(video.absolutePath()).isWritable();
        folder = beside ? video.absolutePath() : QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    }
    return QDir(folder).filePath(name + QStringLiteral(".srt"));
}

void GlossExport::save() {
    const RecognisedGlosses glosses = present(); // recognition may go on while the dialog is open
    if (saveAs(glosses, QDateTime::currentDateTime())) {
        Q_EMIT presentSaved(glosses);
    }
}

bool GlossExport::saveAs(const RecognisedGlosses& glosses, const QDateTime& since) {
    const QString path = ask_(window_, suggestion(glosses, since));
    if (path.isEmpty()) {
        return false;
    }
    const auto format = session::glossFormat(QFileInfo(path).suffix().toStdString());
    if (!format) {
        refuse_(window_, tr("The glosses were not saved"),
                tr("“%1” does not say in which format. End the name in .srt, .vtt, .csv, .ctm, .json or .txt.")
                    .arg(QFileInfo(path).fileName()));
        return false;
    }
    const std::string text = session::formatGlosses(reportOf(glosses), *format);
    if (const Result<void> written = writeNewFile(path.toStdU16String(), text); !written) {
        refuse_(window_, tr("The glosses were not saved"), withHint(written.error()));
        return false;
    }
    lastFolder_ = folderOf(path);
    Q_EMIT saved(tr("Glosses saved in %1: %2").arg(QFileInfo(path).fileName(), QString::number(glosses.count())));
    return true;
}

} // namespace livegloss::ui
