#include "ui/views/gloss_export.h"

#include "export/gloss_file.h"
#include "ui/bridge/session_bridge.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/views/model_picker.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QMessageBox>
#include <QSaveFile>
#include <QStandardPaths>

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

} // namespace

GlossExport::GlossExport(const SessionBridge& bridge, const ModelPicker& models, QWidget* window)
    : QObject(window), bridge_(bridge), models_(models), window_(window), ask_(askPath), refuse_(refuseWithMessage) {}

void GlossExport::setServices(Ask ask, Refuse refuse) {
    ask_ = std::move(ask);
    refuse_ = std::move(refuse);
}

session::GlossReport GlossExport::report() const {
    const session::Snapshot& snapshot = bridge_.snapshot();
    session::GlossReport report;
    if (models_.current()) {
        report.model = models_.current()->path.toStdString();
        report.fps = models_.current()->fps;
    }
    // An address may hold a password; the source's name does not.
    const auto& request = bridge_.request();
    report.input = request && request->kind == media::SourceKind::File ? request->location : snapshot.source.name;
    report.durationSeconds = toSeconds(snapshot.source.duration.value_or(snapshot.position));
    for (const session::CaptionGloss& gloss : *(snapshot.offline ? snapshot.offline : snapshot.committed)) {
        if (gloss.change != session::OfflineChange::Removed) {
            report.glosses.push_back(gloss);
        }
    }
    const session::Statistics& figures = snapshot.statistics;
    report.frames = {figures.captured, figures.encoded, figures.reused, figures.interpolated,
                     figures.droppedOverload + figures.droppedSource};
    return report;
}

/// Beside a video and by its name; what came from elsewhere is named by the time of day.
QString GlossExport::suggestion() const {
    const auto& request = bridge_.request();
    const bool file = request && request->kind == media::SourceKind::File;
    const QFileInfo video(file ? QString::fromStdString(request->location) : QString());
    const QString name =
        file ? video.completeBaseName()
             : tr("Glosses %1").arg(QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HH-mm")));
    QString folder = lastFolder_;
    if (folder.isEmpty() || !QFileInfo(folder).isDir()) {
        const bool beside = file && QFileInfo(video.absolutePath()).isWritable();
        folder = beside ? video.absolutePath() : QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    }
    return QDir(folder).filePath(name + QStringLiteral(".srt"));
}

void GlossExport::save() {
    const session::GlossReport glosses = report(); // recognition may go on while the dialog is open
    const QString path = ask_(window_, suggestion());
    if (path.isEmpty()) {
        return;
    }
    const auto format = session::glossFormat(QFileInfo(path).suffix().toStdString());
    if (!format) {
        refuse_(window_, tr("The glosses were not saved"),
                tr("“%1” does not say in which format. End the name in .srt, .vtt, .csv, .ctm, .json or .txt.")
                    .arg(QFileInfo(path).fileName()));
        return;
    }
    const std::string text = session::formatGlosses(glosses, *format);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), static_cast<qint64>(text.size())) < 0 ||
        !file.commit()) {
        refuse_(window_, tr("The glosses were not saved"),
                tr("%1 cannot be written: %2. Choose another folder.")
                    .arg(QDir::toNativeSeparators(path), file.errorString()));
        return;
    }
    lastFolder_ = folderOf(path);
    Q_EMIT saved(
        tr("Glosses saved in %1: %2").arg(QFileInfo(path).fileName(), QString::number(glosses.glosses.size())));
}

} // namespace livegloss::ui
