#pragma once

#include "ui/training/command_process.h"

#include <QStringList>

#include <vector>

namespace livegloss::ui {

/// What a check found out about a data set.
struct CheckReport {
    struct Part {
        QString name; ///< "train", "dev", "test"
        qint64 clips = 0;
        qint64 signers = 0;
        qint64 glosses = 0;
        qint64 frames = 0;
    };
    /// What was left out and why, in English.
    QStringList notes;
    struct Finding {
        QString problem; ///< key: "media_missing"
        QString clip;
        QString part;
        QString place; ///< file and line that list the clip
        QString message;
    };
    QString layout; ///< key: "phoenix-2014"
    qint64 vocabulary = 0;
    std::vector<Part> parts;
    std::vector<Finding> findings;

    /// Kinds of problems in the order in which they first occur.
    QStringList kinds() const;
    /// A table with a heading, columns set apart by tabs.
    QString text() const;
};
/// Of the event "report".
CheckReport readCheckReport(const QJsonObject& event);

/// Runs livegloss-cli dataset check.
class DataCheck final : public QObject {
    Q_OBJECT
public:
    explicit DataCheck(QString program, QObject* parent = nullptr);

    /// `quick` decodes only the first picture of a clip that states its length.
    void start(const QString& folder, bool quick);
    bool running() const { return process_.running(); }
    void cancel() { process_.stop(); }

Q_SIGNALS:
    void progressed(qint64 done, qint64 all);
    void reported(const livegloss::ui::CheckReport& report);
    /// Without a report: cancelled, or why there is none.
    void ended(const livegloss::ui::CommandOutcome& outcome);

private:
    void take(const QJsonObject& event);

    QString program_;
    CommandProcess process_;
    bool hasReport_ = false;
};

} // namespace livegloss::ui
