#include "ui/training/data_check.h"

#include <QJsonArray>

#include <utility>

namespace livegloss::ui {

QStringList CheckReport::kinds() const {
    QStringList found;
    for (const Finding& finding : findings) {
        if (!found.contains(finding.problem)) {
            found.append(finding.problem);
        }
    }
    return found;
}

QString CheckReport::text() const {
    QString table = QStringLiteral("problem\tclip\tpart\tlisted in\tmessage\n");
    for (const Finding& finding : findings) {
        QStringList cells{finding.problem, finding.clip, finding.part, finding.place, finding.message};
        for (QString& cell : cells) {
            cell.replace(QLatin1Char('\t'), QLatin1Char(' ')).replace(QLatin1Char('\n'), QLatin1Char(' '));
        }
        table += cells.join(QLatin1Char('\t')) + QLatin1Char('\n');
    }
    return table;
}

CheckReport readCheckReport(const QJsonObject& event) {
    CheckReport report;
    report.layout = event[QLatin1String("layout")].toString();
    report.vocabulary = event[QLatin1String("vocabulary")].toInteger();
    const QJsonObject parts = event[QLatin1String("splits")].toObject();
    const auto add = [&](const QString& name) {
        const QJsonObject part = parts[name].toObject();
        report.parts.push_back({name, part[QLatin1String("clips")].toInteger(),
                                part[QLatin1String("signers")].toInteger(), part[QLatin1String("glosses")].toInteger(),
                                part[QLatin1String("frames")].toInteger()});
    };
    QStringList order{QStringLiteral("train"), QStringLiteral("dev"), QStringLiteral("test")};
    for (const QString& name : parts.keys()) {
        if (!order.contains(name)) {
            order.append(name);
        }
    }
    for (const QString& name : order) {
        if (parts.contains(name)) {
            add(name);
        }
    }
    for (const QJsonValue& note : event[QLatin1String("notes")].toArray()) {
        report.notes.append(note.toString());
    }
    for (const QJsonValue& entry : event[QLatin1String("problems")].toArray()) {
        report.findings.push_back({entry[QLatin1String("problem")].toString(), entry[QLatin1String("clip")].toString(),
                                   entry[QLatin1String("split")].toString(),
                                   entry[QLatin1String("listed_in")].toString(),
                                   entry[QLatin1String("message")].toString()});
    }
    return report;
}

DataCheck::DataCheck(QString program, QObject* parent) : QObject(parent), program_(std::move(program)) {
    connect(&process_, &CommandProcess::event, this, &DataCheck::take);
    connect(&process_, &CommandProcess::ended, this, [this](const CommandOutcome& outcome) {
        if (!hasReport_) { // clips that cannot be used make the command fail, but they are the report
            Q_EMIT ended(outcome);
        }
    });
}

void DataCheck::start(const QString& folder, bool quick) {
    hasReport_ = false;
    QStringList arguments{QStringLiteral("dataset"), QStringLiteral("check"), folder, QStringLiteral("--events"),
                          QStringLiteral("--stop-with-input")};
    if (quick) {
        arguments.append(QStringLiteral("--quick"));
    }
    process_.start(program_, arguments);
}

void DataCheck::take(const QJsonObject& event) {
    const QString kind = event[QLatin1String("event")].toString();
    if (kind == QLatin1String("progress")) {
        Q_EMIT progressed(event[QLatin1String("done")].toInteger(), event[QLatin1String("all")].toInteger());
    } else if (kind == QLatin1String("report")) {
        hasReport_ = true;
        Q_EMIT reported(readCheckReport(event));
    }
}

} // namespace livegloss::ui
